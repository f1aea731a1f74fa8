//! Judges logs and prints one line for each crash.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        match analyzer::analyze_log(&bytes) {
            Err(error) => println!("{path}: {error}"),
            Ok(verdicts) => {
                for verdict in verdicts {
                    if std::env::var_os("FULL").is_some() {
                        println!("{}", analyzer::report::human(&verdict, false));
                    }
                    let culprit = verdict.culprit.as_ref();
                    println!(
                        "{path}: {} {:x} {} {:?} {:?} rule {} victims {:?} stacks {}",
                        verdict.bugcheck.code_hex,
                        verdict.bugcheck.parameters[0].value.0,
                        verdict.cause.id,
                        culprit.map(|c| (&c.module, &c.function)),
                        verdict.confidence,
                        verdict.cause.rule,
                        verdict
                            .victims
                            .iter()
                            .map(|v| v.module.clone().unwrap_or_default())
                            .collect::<Vec<_>>(),
                        verdict.stacks.len()
                    );
                }
            }
        }
    }
    Ok(())
}
