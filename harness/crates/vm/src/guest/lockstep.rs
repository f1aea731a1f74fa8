//! An agent in lockstep: shared memory for the messages, and a gate that stops guest time while
//! the host works.
//!
//! A guest that counts instructions and skips idle time is deterministic until something from
//! outside reaches it: then what happens depends on how far it has come. Here, nothing does. When
//! the agent has an answer, or wants to know what to do, it writes two bytes to an I/O port. Behind
//! the port is a socket with room for one: the first byte tells us that the guest has come to the
//! gate, and QEMU, which executes all its processors in one thread, waits in the second until we
//! take the first. By then our order is in the shared memory. (QEMU's monitor waits, too.)

use std::fs::File;
use std::io::Write;
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::time::Duration;

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{MsgFlags, recv, setsockopt, sockopt};
use tokio::io::Interest;
use tokio::net::UnixStream;

use crate::plan::MAILBOX_SIZE;

/// The head of the shared memory: magic (8 bytes), the gate's port (u16), then from 0x10 guest
/// time in 100 ns (u64), length of the agent's output (u32), order (u32), length of our input
/// (u32), 4 bytes unused, how long to run on in 100 ns (u64). Little-endian.
const MAGIC: &[u8; 8] = b"SCGATE\0\x01";
const TIME_AND_OUTPUT: u64 = 0x10;
const ORDER: u64 = 0x1C;

/// Where our input begins; the output begins behind it.
const INPUT: u64 = 0x1000;
const OUTPUT: u64 = MAILBOX_SIZE / 2;

/// Orders: take the input; run on for a while and come again.
const TAKE_INPUT: u32 = 1;
const RUN_ON: u32 = 2;

/// How long an agent that owes an answer runs on before it is asked again; guest time.
const ANSWER_PAUSE: Duration = Duration::from_millis(1);

/// Our side of an agent in lockstep.
pub(crate) struct Lockstep {
    mailbox: File,
    gate: Option<Gate>,
    state: State,
    /// What the agent has written and was not read yet.
    output: Vec<u8>,
    guest_time: Duration,
}

/// Our end of the socket.
struct Gate {
    socket: UnixStream,
    /// Bytes that are in it when it is full. What they are does not matter.
    full: usize,
}

/// What QEMU inherits.
pub(super) struct Theirs {
    pub mailbox: OwnedFd,
    pub gate: OwnedFd,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The socket has room for one byte: the guest runs.
    Running,
    /// That byte is there, and the guest stands still.
    AtGate,
    /// A byte has been taken; the second one is on its way.
    Leaving,
}

impl Lockstep {
    /// Makes the channel for an agent whose gate is at I/O port `port`.
    pub(super) fn new(port: u16) -> io::Result<(Self, Theirs)> {
        let memory = memfd_create(c"stopcode-mailbox", MFdFlags::MFD_CLOEXEC)?;
        let mailbox = File::from(memory.try_clone()?);
        mailbox.set_len(MAILBOX_SIZE)?;
        mailbox.write_all_at(MAGIC, 0)?;
        mailbox.write_all_at(&port.to_le_bytes(), MAGIC.len() as u64)?;
        let (gate, gate_theirs) = Gate::new()?;
        let lockstep = Self {
            mailbox,
            gate: Some(gate),
            state: State::Running,
            output: Vec::new(),
            guest_time: Duration::ZERO,
        };
        let theirs = Theirs {
            mailbox: memory,
            gate: gate_theirs,
        };
        Ok((lockstep, theirs))
    }

    /// Guest time since the guest was switched on, when it last came to the gate.
    pub fn guest_time(&self) -> Duration {
        self.guest_time
    }

    /// Gives the agent `bytes` to read, as soon as it asks for them. Given up, the first of them
    /// may have been taken.
    pub async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.chunks((OUTPUT - INPUT) as usize) {
            self.arrive().await?;
            self.mailbox.write_all_at(piece, INPUT)?;
            self.order(TAKE_INPUT, piece.len() as u32, Duration::ZERO)?;
        }
        Ok(())
    }

    /// Waits for output of the agent and appends it to `buffer`. Cancel-safe.
    pub(crate) async fn read_buf(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        loop {
            if !self.output.is_empty() {
                let length = self.output.len();
                buffer.append(&mut self.output);
                return Ok(length);
            }
            if self.state == State::AtGate {
                self.order(RUN_ON, 0, ANSWER_PAUSE)?;
            }
            self.arrive().await?;
        }
    }

    /// Lets the guest run for `time` of guest time. Never returns if the agent gets no processor.
    pub async fn run_on(&mut self, time: Duration) -> io::Result<()> {
        self.arrive().await?;
        self.order(RUN_ON, 0, time)?;
        self.arrive().await
    }

    /// From now on the guest runs freely, and nothing more can be said to it.
    pub fn let_go(&mut self) {
        self.gate = None;
    }

    /// Waits until the guest is at the gate. Cancel-safe.
    async fn arrive(&mut self) -> io::Result<()> {
        if self.state == State::Leaving {
            let gate = self.gate()?;
            gate.filled().await?;
            gate.take_byte()?;
            self.state = State::Running;
        }
        if self.state == State::Running {
            self.gate()?.filled().await?;
            self.receive()?;
            self.state = State::AtGate;
        }
        Ok(())
    }

    /// Reads what the agent has written to the shared memory.
    fn receive(&mut self) -> io::Result<()> {
        let mut head = [0; 12];
        self.mailbox.read_exact_at(&mut head, TIME_AND_OUTPUT)?;
        let (time, length) = head.split_at(8);
        let time = u64::from_le_bytes(time.try_into().map_err(io::Error::other)?);
        let length = u32::from_le_bytes(length.try_into().map_err(io::Error::other)?);
        if u64::from(length) > MAILBOX_SIZE - OUTPUT {
            let why = format!("{length} bytes of output do not fit into the shared memory");
            return Err(io::Error::new(ErrorKind::InvalidData, why));
        }
        self.guest_time = Duration::from_nanos(time.saturating_mul(100));
        let old = self.output.len();
        self.output.resize(old + length as usize, 0);
        self.mailbox.read_exact_at(&mut self.output[old..], OUTPUT)
    }

    /// Leaves an order and opens the gate.
    fn order(&mut self, order: u32, length: u32, run_on: Duration) -> io::Result<()> {
        let ticks = u64::try_from(run_on.as_nanos() / 100).unwrap_or(u64::MAX);
        let mut words = [0; 20];
        words[..4].copy_from_slice(&order.to_le_bytes());
        words[4..8].copy_from_slice(&length.to_le_bytes());
        words[12..].copy_from_slice(&ticks.to_le_bytes());
        self.mailbox.write_all_at(&words, ORDER)?;
        self.gate()?.take_byte()?;
        self.state = State::Leaving;
        Ok(())
    }

    fn gate(&self) -> io::Result<&Gate> {
        (self.gate.as_ref()).ok_or_else(|| ErrorKind::BrokenPipe.into())
    }
}

/// More single bytes than a socket with the smallest buffer holds, on any kernel.
const ABSURDLY_MANY: usize = 4096;

impl Gate {
    /// A socket with room for one byte: our end and theirs.
    fn new() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        theirs.set_nonblocking(true)?;
        // The kernel raises it to the least it allows, some thousand bytes. How many small writes
        // that is, it does not say: each costs more than its bytes.
        setsockopt(&theirs, sockopt::SndBuf, &1)?;
        let mut full = 0;
        loop {
            match (&theirs).write(&[0]) {
                Ok(_) if full < ABSURDLY_MANY => full += 1,
                Ok(_) => return Err(io::Error::other("a socket that is never full")),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        let socket = UnixStream::from_std(ours)?;
        let gate = Self { socket, full };
        gate.take_byte()?;
        Ok((gate, theirs.into()))
    }

    /// Waits until the socket is full.
    async fn filled(&self) -> io::Result<()> {
        let mut bytes = vec![0; self.full];
        let peek = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        loop {
            let ready = self.socket.ready(Interest::READABLE).await?;
            let looked = self.socket.try_io(Interest::READABLE, || {
                match recv(self.socket.as_raw_fd(), &mut bytes, peek)? {
                    length if length == self.full => Ok(()),
                    _ => Err(ErrorKind::WouldBlock.into()),
                }
            });
            match looked {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if ready.is_read_closed() {
                        return Err(ErrorKind::UnexpectedEof.into());
                    }
                }
                looked => return looked,
            }
        }
    }

    fn take_byte(&self) -> io::Result<()> {
        match recv(self.socket.as_raw_fd(), &mut [0], MsgFlags::MSG_DONTWAIT)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// Plays QEMU and the agent: at the gate it says `says` and returns the order and the input.
    fn visit(theirs: &Theirs, says: &[u8]) -> (u32, Vec<u8>) {
        let mailbox = File::from(theirs.mailbox.try_clone().unwrap());
        let mut head = 50_000_000_u64.to_le_bytes().to_vec();
        head.extend((says.len() as u32).to_le_bytes());
        mailbox.write_all_at(&head, TIME_AND_OUTPUT).unwrap();
        let kept = says.len().min((MAILBOX_SIZE - OUTPUT) as usize);
        mailbox.write_all_at(&says[..kept], OUTPUT).unwrap();
        let mut gate = StdUnixStream::from(theirs.gate.try_clone().unwrap());
        for byte in [b"A", b"B"] {
            // As QEMU does: a writer that sleeps is woken only when most of the socket is empty.
            while let Err(error) = gate.write_all(byte) {
                if error.kind() != ErrorKind::WouldBlock {
                    return (0, Vec::new());
                }
                thread::sleep(Duration::from_micros(100));
            }
        }
        let mut words = [0; 8];
        mailbox.read_exact_at(&mut words, ORDER).unwrap();
        let [order, length] =
            [0, 4].map(|at| u32::from_le_bytes(words[at..at + 4].try_into().unwrap()));
        let mut input = vec![0; length as usize];
        mailbox.read_exact_at(&mut input, INPUT).unwrap();
        (order, input)
    }

    #[tokio::test]
    async fn the_guest_stands_still_until_it_gets_an_order() {
        let (mut ours, theirs) = Lockstep::new(0x5F0).unwrap();
        let guest = thread::spawn(move || {
            [
                visit(&theirs, b""),
                visit(&theirs, b"half an "),
                visit(&theirs, b"answer"),
            ]
        });
        ours.write_all(b"question").await.unwrap();
        let mut answer = Vec::new();
        while answer.len() < 14 {
            ours.read_buf(&mut answer).await.unwrap();
        }
        assert_eq!(answer, b"half an answer");
        assert_eq!(ours.guest_time(), Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!guest.is_finished(), "it waits at the gate");
        ours.order(RUN_ON, 0, Duration::from_secs(1)).unwrap();
        // The guest is gone, and its end of the socket with it.
        ours.arrive().await.unwrap_err();
        let orders = guest.join().unwrap();
        assert_eq!(orders[0], (TAKE_INPUT, b"question".to_vec()));
        assert_eq!([orders[1].0, orders[2].0], [RUN_ON, RUN_ON]);
    }

    #[tokio::test]
    async fn too_much_output_and_a_dead_guest_are_errors() {
        let (mut ours, theirs) = Lockstep::new(0x5F0).unwrap();
        let guest = thread::spawn(move || visit(&theirs, &[0; MAILBOX_SIZE as usize]));
        let error = ours.arrive().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        ours.let_go();
        assert!(ours.arrive().await.is_err());
        drop(guest);
        let (mut ours, theirs) = Lockstep::new(0x5F0).unwrap();
        drop(theirs);
        let error = ours.arrive().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }
}
