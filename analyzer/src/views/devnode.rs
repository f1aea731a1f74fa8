//! `!devnode`: device nodes, one or as a tree.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use super::expression::address;
use super::session::Session;
use super::text::{plain, raw};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "devnode",
    names: &["devnode"],
    usage: "devnode [ADDR] [1]",
    meaning: "device nodes: `0 1` the whole tree, an address one of them",
    example: "devnode 0 1",
    needs_structures: true,
    make: |session, request| Ok(devnodes(session, request)?.into()),
};

const NODE: &str = "_DEVICE_NODE";
const MAX_NODES: usize = 16_384;
/// `PNP_DEVNODE_STATE`, for symbols that do not describe it.
const STATES: &[(u64, &str)] = &[
    (0x300, "DeviceNodeUnspecified"),
    (0x301, "DeviceNodeUninitialized"),
    (0x302, "DeviceNodeInitialized"),
    (0x303, "DeviceNodeDriversAdded"),
    (0x304, "DeviceNodeResourcesAssigned"),
    (0x305, "DeviceNodeStartPending"),
    (0x306, "DeviceNodeStartCompletion"),
    (0x307, "DeviceNodeStartPostWork"),
    (0x308, "DeviceNodeStarted"),
    (0x309, "DeviceNodeQueryStopped"),
    (0x30A, "DeviceNodeStopped"),
    (0x30B, "DeviceNodeRestartCompletion"),
    (0x30C, "DeviceNodeEnumeratePending"),
    (0x30D, "DeviceNodeEnumerateCompletion"),
    (0x30E, "DeviceNodeAwaitingQueuedDeletion"),
    (0x30F, "DeviceNodeAwaitingQueuedRemoval"),
    (0x310, "DeviceNodeQueryRemoved"),
    (0x311, "DeviceNodeRemovePendingCloses"),
    (0x312, "DeviceNodeRemoved"),
    (0x313, "DeviceNodeDeletePendingCloses"),
    (0x314, "DeviceNodeDeleted"),
];

#[derive(Clone, Debug, Serialize)]
struct NodeView {
    address: Hex64,
    /// Depth below the first one shown.
    depth: usize,
    pdo: Option<Hex64>,
    parent: Option<Hex64>,
    sibling: Option<Hex64>,
    child: Option<Hex64>,
    instance: Option<String>,
    service: Option<String>,
    state: Option<u64>,
    state_name: Option<String>,
    previous_state: Option<u64>,
    previous_state_name: Option<String>,
    flags: Option<Hex64>,
    problem: Option<u64>,
}

/// Nodes, in the order of the tree.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DevNodes {
    /// The tree's root, if the whole tree was requested.
    root: Option<Hex64>,
    nodes: Vec<NodeView>,
    #[serde(skip)]
    single: bool,
}

pub(super) fn devnodes(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<DevNodes, InspectError> {
    let given = request.args.first().map_or("0", String::as_str);
    let subtree = request.args.get(1).is_some_and(|flags| flags != "0");
    if given == "0" {
        let root = session.nt.global("IopRootDeviceNode");
        let root = root.and_then(|at| Ok(session.target.memory.read_u64(at)?));
        let root = session.known("the root of the device tree", root);
        let nodes = root.map(|root| tree(session, root)).unwrap_or_default();
        return Ok(DevNodes {
            root: root.map(Hex64),
            nodes,
            single: false,
        });
    }
    let at = address(session, given)?;
    if session.no_symbols().is_none() {
        session.known(
            &format!("the device node at {at:#x}"),
            session.nt.read(NODE, "State", at),
        );
    }
    let nodes = match subtree {
        true => tree(session, at),
        false => vec![view(session, at, 0)],
    };
    Ok(DevNodes {
        root: None,
        nodes,
        single: !subtree,
    })
}

/// A node and all below it, each once.
fn tree(session: &Session<'_, '_>, root: u64) -> Vec<NodeView> {
    let mut nodes = Vec::new();
    let mut seen = HashSet::new();
    // Push siblings before children, so that children come first.
    let mut left = vec![(root, 0)];
    while let Some((at, depth)) = left.pop() {
        if !seen.insert(at) {
            session.note(
                "some device nodes",
                format!("the tree is cyclic at {at:#x}"),
            );
            continue;
        }
        if nodes.len() >= MAX_NODES {
            session.note(
                "some device nodes",
                format!("there are more than {MAX_NODES}"),
            );
            break;
        }
        let node = view(session, at, depth);
        let kernel = |value: Option<Hex64>| raw(value).filter(|&at| is_kernel_address(at));
        if depth > 0 {
            left.extend(kernel(node.sibling).map(|at| (at, depth)));
        }
        left.extend(kernel(node.child).map(|at| (at, depth + 1)));
        nodes.push(node);
    }
    nodes
}

fn view(session: &Session<'_, '_>, at: u64, depth: usize) -> NodeView {
    let nt = &session.nt;
    let field = |path| nt.read(NODE, path, at).ok();
    let text = |path| {
        let string = at.wrapping_add(nt.offset(NODE, path).ok()?);
        let text = session.target.memory.read_unicode_string(string).ok()?;
        (!text.is_empty()).then_some(text)
    };
    let name = |code: Option<u64>| {
        let known = |code| {
            let known = STATES.iter().find(|(known, _)| *known == code)?;
            Some(known.1.to_owned())
        };
        let code = code?;
        session
            .enum_name("_PNP_DEVNODE_STATE", code)
            .or_else(|| known(code))
    };
    NodeView {
        address: at.into(),
        depth,
        pdo: field("PhysicalDeviceObject").map(Hex64),
        parent: field("Parent").map(Hex64),
        sibling: field("Sibling").map(Hex64),
        child: field("Child").map(Hex64),
        instance: text("InstancePath"),
        service: text("ServiceName"),
        state_name: name(field("State")),
        state: field("State"),
        previous_state_name: name(field("PreviousState")),
        previous_state: field("PreviousState"),
        flags: field("Flags").map(Hex64),
        problem: field("Problem").filter(|&problem| problem != 0),
    }
}

impl fmt::Display for DevNodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(root) = self.root {
            writeln!(f, "Dumping IopRootDeviceNode (= 0x{})", plain(root.0))?;
        }
        for node in &self.nodes {
            // Limit the indent of deep (or damaged) trees.
            let indent = " ".repeat(2 * node.depth.min(32));
            writeln!(
                f,
                "{indent}DevNode 0x{} for PDO 0x{}",
                plain(node.address.0),
                plain(raw(node.pdo))
            )?;
            if self.single {
                let link = |value: Option<Hex64>| match raw(value) {
                    Some(0) => "0000000000".to_owned(),
                    value => format!("0x{}", plain(value)),
                };
                writeln!(
                    f,
                    "  Parent {}   Sibling {}   Child {}",
                    link(node.parent),
                    link(node.sibling),
                    link(node.child)
                )?;
            }
            let instance = node.instance.as_deref().unwrap_or("????");
            writeln!(f, "{indent}  InstancePath is \"{instance}\"")?;
            if let Some(service) = &node.service {
                writeln!(f, "{indent}  ServiceName is \"{service}\"")?;
            }
            let state = |name: &Option<String>, code: Option<u64>| {
                let name = name.as_deref().unwrap_or("????");
                format!("{name} (0x{})", super::text::hex(code, 3))
            };
            writeln!(
                f,
                "{indent}  State = {}",
                state(&node.state_name, node.state)
            )?;
            let previous = state(&node.previous_state_name, node.previous_state);
            writeln!(f, "{indent}  Previous State = {previous}")?;
            if let Some(problem) = node.problem {
                writeln!(f, "{indent}  Problem = {problem} (0x{problem:x})")?;
            }
            if self.single {
                writeln!(f, "  Flags (0x{})", super::text::hex(raw(node.flags), 8))?;
            }
        }
        Ok(())
    }
}
