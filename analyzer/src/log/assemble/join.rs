//! Joins what two readers found, once the log is read.

use crate::log::read::Transcript;
use crate::log::read::irps::{RawIrp, RawLocation};
use crate::log::read::requests::Request;

/// Adds to threads, IRPs and the machine what other commands show of them.
pub(crate) fn join(mut all: Transcript) -> Transcript {
    for thread in &mut all.threads.found {
        if thread.process.is_none() {
            thread.process = all.processes.of(thread.line).map(str::to_owned);
        }
    }
    for running in &all.processors.running {
        all.threads
            .runs(running.line, running.thread, running.processor);
    }
    for request in &all.requests.found {
        all.irps.add(irp(request));
    }
    for (device, driver) in &all.requests.drivers {
        let known = all.irps.drivers.entry(*device);
        known.or_insert_with(|| driver.clone());
    }
    all.machine.irql = all.machine.irql.or(all.processors.irql);
    all
}

/// The IRP of a search, which shows only the current location.
fn irp(request: &Request) -> RawIrp {
    RawIrp {
        address: request.irp,
        current: 1,
        locations: vec![RawLocation {
            major: Some(request.major),
            minor: Some(request.minor),
            device: request.device,
            driver: request.driver.clone(),
            completion: 0,
            current: true,
        }],
        ..RawIrp::default()
    }
}

#[cfg(test)]
mod tests {
    use super::join;
    use crate::log::read::transcript;

    #[test]
    fn processes_name_the_threads_below_them() {
        let transcript = join(transcript(
            "0: kd> !process 0 7\nPROCESS ffff800012340040\n    SessionId: none  Cid: 0004    Peb: 00000000\n    Image: System\n\n        \
             THREAD ffff800012341080  Cid 0004.0008  Teb: 0 WAIT: (WrQueue) KernelMode Non-Alertable\n\nPROCESS ffff800012350040\n    \
             Image: app.exe\n\n        THREAD ffff800012351080  Cid 0010.0018  Teb: 0 WAIT: (UserRequest) UserMode Non-Alertable\n\
             0: kd> !running\n  0    fffff803a5439180  ffff800012352080 ( 8)          ffff800012352040  ....\n",
        ));
        let process = |at| transcript.threads.get(at).unwrap().process.as_deref();
        assert_eq!(process(0xffff_8000_1234_1080), Some("System"));
        assert_eq!(process(0xffff_8000_1235_1080), Some("app.exe"));
        assert_eq!(process(0xffff_8000_1235_2080), None);
    }

    #[test]
    fn control_regions_tell_what_runs() {
        let transcript = join(transcript(
            "0: kd> !pcr 1\nKPCR for Processor 1 at ffff800012349000:\n    Major 1 Minor 1\n            CurrentThread: ffff800012351080\n\
                   NextThread: 0000000000000000\n               IdleThread: ffff800012342040\n\n        DebuggerSavedIRQL: 2\n",
        ));
        let thread = transcript.threads.get(0xffff_8000_1235_1080).unwrap();
        assert!(thread.is_running() && thread.processor == Some(1));
        assert_eq!(transcript.machine.irql, Some(2));
    }

    #[test]
    fn a_search_finds_the_irp_of_the_stop() {
        let transcript = join(transcript(
            "0: kd> !irpfind\nIrp            [ Thread ]         irpStack: (Mj,Mn)   DevObj          [Driver]         MDL Process\n\
             ffff800012345010 [ffff800012340080] irpStack: (16, 2)  ffff800012346000 [ \\Driver\\my-drv]\n\
             ffff800012345810 [ffff800012340080] Irp is complete (CurrentLocation 4 > StackCount 3)\n\
             0: kd> !fileobj ffff800012349890\n\nDevice Object: 0xffff800012348000   \\Driver\\volmgr\nVpb: 0xffff800012347000\n",
        ));
        let irp = &transcript.irps.found[0];
        assert_eq!(irp.locations[0].driver.as_deref(), Some("my-drv"));
        assert_eq!(transcript.irps.found.len(), 1);
        assert_eq!(transcript.irps.drivers[&0xffff_8000_1234_8000], "volmgr");
    }
}
