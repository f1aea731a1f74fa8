//! Secondary data, complete and damaged.

use proptest::prelude::*;

use super::synthetic::secondary;
use super::*;

fn with<R>(bytes: &[u8], check: impl FnOnce(Option<Secondary<'_>>) -> R) -> R {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.dmp");
    let mut file = vec![0; 8];
    file.extend(bytes);
    std::fs::write(&path, file).unwrap();
    let file = MappedFile::open(&path).unwrap();
    check(Secondary::read(&file, 8))
}

fn two() -> Vec<(Guid, Vec<u8>)> {
    vec![(tag::PNP, vec![1, 2, 3]), (tag::BSD, vec![4; 200])]
}

#[test]
fn streams_are_found_past_padding() {
    for padding in [0, 5] {
        let mut bytes = secondary(&two(), padding);
        // What is not a header ends the streams.
        bytes.extend([0; 64]);
        with(&bytes, |found| {
            let found = found.unwrap();
            assert_eq!(found.streams.len(), 2);
            assert_eq!(found.data_of(tag::PNP), Some(vec![1, 2, 3]));
            assert_eq!(found.data_of(tag::BSD), Some(vec![4; 200]));
            assert_eq!(found.data_of(tag::SMBIOS), None);
            assert_eq!(found.cut, None);
        });
    }
    with(b"PlumpBob", |found| assert!(found.is_none()));
}

#[test]
fn a_stream_that_is_cut_off_keeps_what_is_there() {
    let whole = secondary(&two(), 0);
    with(&whole[..whole.len() - 50], |found| {
        let found = found.unwrap();
        assert_eq!(found.data_of(tag::BSD), Some(vec![4; 150]));
        assert!(found.cut.is_some());
    });
}

#[test]
fn a_stream_without_data_is_no_match() {
    let blocks = vec![(tag::BSD, Vec::new()), (tag::BSD, vec![7])];
    with(&secondary(&blocks, 3), |found| {
        let found = found.unwrap();
        assert_eq!(found.streams.len(), 2);
        assert_eq!(found.data_of(tag::BSD), Some(vec![7]));
    });
}

#[test]
fn guids_are_written_as_everywhere() {
    let text = tag::PNP.to_string();
    assert_eq!(text, "b7631941-532a-4cd6-b1b1-edb5917d4557");
    assert_eq!(known(tag::PNP).unwrap().writer, "nt!PopBlackBoxPnpGuid");
    assert_eq!(known(Guid([1; 16])), None);
}

proptest! {
    #[test]
    fn anything_is_read_within_bounds(
        changes in proptest::collection::vec((0usize..300, any::<u8>()), 0..20),
        length in 0usize..300,
    ) {
        let mut bytes = secondary(&two(), 2);
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        bytes.truncate(length);
        with(&bytes, |found| {
            for found in found.iter() {
                assert!(found.streams.len() <= MAX_STREAMS);
                for stream in &found.streams {
                    assert!(found.data(stream).len() <= bytes.len());
                }
            }
        });
    }
}
