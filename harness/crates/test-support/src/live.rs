//! Surveys a running guest, then crashes it.

use std::path::Path;
use std::time::Duration;

use analyzer::SymbolPath;
use libtest_mimic::Failed;
use qapi::{Enum, qmp::Event};
use scenario::project::Project;
use scenario::{Clock, GuestSpec, Hypervisor, MemorySize};
use tempfile::TempDir;
use tokio::time::timeout;
use vm::capture;
use vm::guest::{Guest, HostFacts};
use vm::image::{Boot, Image};
use vm::plan::{HostChoices, Watchdog, machine};

const MEMORY_MIB: u32 = 128;

/// What the kernel says on COM1 of its watchdog is what its memory holds, with a hypervisor in sight
/// and without, also where its debugger data block is encoded.
pub fn armed_as_com1_says(image: &Image) -> Result<(), Failed> {
    let mut encoded = image.clone();
    let Boot::Nt(boot) = &mut encoded.boot else {
        return Err("not handed over by QEMU".into());
    };
    let any = boot.kernel.clone();
    boot.fw_cfg.push(("opt/tinynt/nodebug".into(), any));
    for (image, hypervisor) in [
        (image, Hypervisor::Visible),
        (image, Hypervisor::Hidden),
        (&encoded, Hypervisor::Visible),
        (&encoded, Hypervisor::Hidden),
    ] {
        let folder = TempDir::new()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let armed = runtime.block_on(look(image, hypervisor, folder.path()))?;
        assert_eq!(armed, hypervisor == Hypervisor::Hidden);
        let left: Vec<_> = std::fs::read_dir(folder.path())?.flatten().collect();
        assert!(
            left.iter()
                .all(|entry| entry.path().extension() != Some("elf".as_ref())),
            "{left:?}"
        );
    }
    Ok(())
}

async fn look(image: &Image, hypervisor: Hypervisor, folder: &Path) -> Result<bool, Failed> {
    let ours = Project::find(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let facts = HostFacts::find(&ours.state()).await?;
    let host = HostChoices {
        accelerator: facts.accel.accelerator,
        sandbox: facts.sandbox,
        seed: 7,
    };
    let spec = GuestSpec {
        cpus: 2,
        memory: MemorySize::from_mib(MEMORY_MIB),
        hypervisor,
        clock: Clock::Host,
    };
    let mut guest = Guest::start(&machine(&spec, image, host), folder).await?;
    guest.agent.sync(image.agent.ready_within).await?;
    let state = guest.serial.wait_for(|line| Watchdog::Dpc.state(line));
    let state = timeout(Duration::from_secs(10), state).await?;
    let state = state.ok_or("nothing on COM1")?;

    let symbols = SymbolPath::from_dirs(image.symbols.clone());
    let memory = u64::from(MEMORY_MIB) << 20;
    let survey = capture::survey(&guest.qmp, memory, &symbols, folder).await?;
    let seen = Watchdog::Dpc.seen(&survey)?;
    assert_eq!(seen.is_ok(), state.is_ok(), "{seen:?}, {state:?}");
    assert_eq!(survey.unknown, []);
    assert_eq!(survey.modules.len(), 5);
    for module in &survey.modules {
        assert!(module.symbols.is_ok(), "{module:?}");
    }
    // It runs on, and its stop is reported as QEMU's pvpanic does: with no word of why.
    guest.agent.ping(Duration::from_secs(10)).await?;
    guest.qmp.inject_nmi().await?;
    let panicked = timeout(Duration::from_secs(30), async {
        loop {
            match guest.events.recv().await {
                Some(Event::GUEST_PANICKED { data, .. }) => return Some(data),
                Some(_) => {}
                None => return None,
            }
        }
    });
    let panicked = panicked.await?.ok_or("QEMU ended")?;
    assert_eq!(panicked.action.name(), "pause");
    assert!(panicked.info.is_none(), "{:?}", panicked.info);
    guest.qemu.kill().await;
    Ok(seen.is_ok())
}
