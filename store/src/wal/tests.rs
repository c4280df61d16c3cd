use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use proptest::prelude::*;
use tempfile::TempDir;

use super::segment::{SEGMENT_HEADER_BYTES, SegmentHeader, create_segment, list_segments};
use super::*;

const SEGMENT_BYTES: u64 = 4096;

struct Log {
    dir: TempDir,
    writer: WalWriter,
}

fn pending(payload: &[u8]) -> Pending {
    let payload = Bytes::copy_from_slice(payload);
    Pending { tenant: "default".parse().unwrap(), kind: 1, encoding: 2, received_ns: 3, payload }
}

fn reopen(dir: &Path) -> Result<WalWriter, RecoverError> {
    Ok(WalWriter::new(dir, &recover(dir)?, 0, SEGMENT_BYTES))
}

impl Log {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let writer = reopen(dir.path()).unwrap();
        Self { dir, writer }
    }

    /// Appends one group and returns the numbers of its frames.
    fn append(&mut self, payloads: &[&[u8]]) -> Vec<u64> {
        let group: Vec<Pending> = payloads.iter().map(|payload| pending(payload)).collect();
        self.writer.append(&group).into_iter().map(Result::unwrap).collect()
    }

    fn segments(&self) -> Vec<PathBuf> {
        list_segments(self.dir.path()).unwrap().into_iter().map(|(_, path)| path).collect()
    }

    fn replay(&self) -> Result<Vec<(u64, Bytes)>, RecoverError> {
        replay(self.dir.path())
    }
}

fn replay(dir: &Path) -> Result<Vec<(u64, Bytes)>, RecoverError> {
    let recovery = inspect(dir)?;
    let mut frames = Vec::new();
    for segment in &recovery.segments {
        frames
            .extend(read_frames(segment, &recovery.wal)?.into_iter().map(|(header, payload)| (header.number, payload)));
    }
    Ok(frames)
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x40;
    fs::write(path, bytes).unwrap();
}

fn find(path: &Path, needle: &[u8]) -> usize {
    let bytes = fs::read(path).unwrap();
    bytes.windows(needle.len()).position(|window| window == needle).unwrap()
}

#[test]
fn what_is_appended_is_replayed_in_order() {
    let mut log = Log::new();
    assert_eq!(log.append(&[b"one", b""]), [1, 2]);
    assert_eq!(log.append(&[b"three"]), [3]);
    let frames = log.replay().unwrap();
    assert_eq!(frames, [(1, Bytes::from("one")), (2, Bytes::new()), (3, Bytes::from("three"))]);
}

#[test]
fn numbers_go_on_after_a_restart_and_after_everything_was_trimmed() {
    let mut log = Log::new();
    log.append(&[b"a", b"b"]);
    log.writer = reopen(log.dir.path()).unwrap();
    assert_eq!(log.append(&[b"c"]), [3]);
    log.writer.trim(3).unwrap();
    assert!(log.segments().len() <= 1);
    log.writer = reopen(log.dir.path()).unwrap();
    assert_eq!(log.append(&[b"d"]), [4]);
}

#[test]
fn a_request_larger_than_a_segment_gets_one_of_its_own() {
    let mut log = Log::new();
    let large = vec![7; 3 * SEGMENT_BYTES as usize];
    assert_eq!(log.append(&[b"small", &large, b"small"]), [1, 2, 3]);
    let frames = log.replay().unwrap();
    assert_eq!(frames[1], (2, Bytes::from(large)));
    assert_eq!(frames.len(), 3);
}

#[test]
fn trimming_keeps_what_is_not_flushed() {
    let mut log = Log::new();
    let payload = vec![1; 1000];
    for _ in 0..20 {
        log.append(&[&payload]);
    }
    let segments = log.segments().len();
    log.writer.trim(10).unwrap();
    assert!(log.segments().len() < segments);
    let kept: Vec<u64> = log.replay().unwrap().into_iter().map(|(number, _)| number).collect();
    assert!(kept.contains(&11) && kept.contains(&20), "{kept:?}");
}

/// A crash may leave any prefix of the last group; what was acknowledged before it is found from every one of them.
#[test]
fn a_log_torn_anywhere_in_its_last_group_loses_nothing_else() {
    let mut log = Log::new();
    log.append(&[b"first", b"second"]);
    let segment = log.segments().remove(0);
    let acknowledged = find(&segment, b"second") + 8;
    log.append(&[b"third", b"fourth", b"fifth"]);
    let whole = fs::read(&segment).unwrap();
    let end = find(&segment, b"fifth") + 8;
    for cut in acknowledged..end {
        let mut torn = whole.clone();
        torn[cut..].fill(0);
        fs::write(&segment, &torn).unwrap();
        let frames = log.replay().unwrap();
        assert!(frames.len() >= 2, "cut at {cut}");
        recover(log.dir.path()).unwrap();
        assert_eq!(log.replay().unwrap(), frames, "cut at {cut}");
    }
}

#[test]
fn a_torn_tail_of_an_earlier_run_stays_cut_when_later_segments_follow() {
    let mut log = Log::new();
    log.append(&[b"kept"]);
    log.append(&[b"torn"]);
    let segment = log.segments().remove(0);
    let at = find(&segment, b"torn");
    flip(&segment, at);
    log.writer = reopen(log.dir.path()).unwrap();
    let next = log.append(&[b"later"]);
    let frames = log.replay().unwrap();
    assert_eq!(frames, [(1, Bytes::from("kept")), (next[0], Bytes::from("later"))]);
}

#[test]
fn damage_in_the_middle_is_named_and_not_served() {
    let mut log = Log::new();
    log.append(&[b"first"]);
    log.append(&[b"second"]);
    log.append(&[b"third"]);
    log.append(&[b"fourth"]);
    let segment = log.segments().remove(0);
    flip(&segment, find(&segment, b"second"));
    let Err(RecoverError::BadFrame(bad)) = reopen(log.dir.path()).map(|_| ()) else { panic!("damage was not seen") };
    assert_eq!((bad.first_lost, bad.last_lost), (2, 2));
    assert_eq!(bad.segment, segment);
    let message = bad.to_string();
    assert!(message.contains("spanloom repair") && message.contains(&segment.display().to_string()), "{message}");
}

#[test]
fn repair_keeps_all_that_can_be_read_and_the_damaged_file() {
    let mut log = Log::new();
    for payload in [b"first!", b"second", b"third!", b"fourth"] {
        log.append(&[payload]);
    }
    let segment = log.segments().remove(0);
    flip(&segment, find(&segment, b"second"));
    let damaged = fs::read(&segment).unwrap();
    let lost = repair(log.dir.path()).unwrap();
    assert_eq!(lost.iter().map(|bad| (bad.first_lost, bad.last_lost)).collect::<Vec<_>>(), [(2, 2)]);
    let kept: Vec<u64> = log.replay().unwrap().into_iter().map(|(number, _)| number).collect();
    assert_eq!(kept, [1, 3, 4]);
    let quarantined: Vec<_> = fs::read_dir(log.dir.path().join("quarantine")).unwrap().collect();
    assert_eq!(quarantined.len(), 1);
    assert_eq!(fs::read(quarantined[0].as_ref().unwrap().path()).unwrap(), damaged);
    log.writer = reopen(log.dir.path()).unwrap();
    assert_eq!(log.append(&[b"fifth"]), [5]);
    assert!(repair(log.dir.path()).unwrap().is_empty());
}

#[test]
fn a_damaged_segment_header_is_damage_and_can_be_repaired() {
    let mut log = Log::new();
    log.append(&[b"first"]);
    log.append(&[b"second"]);
    let segment = log.segments().remove(0);
    flip(&segment, 20);
    assert!(matches!(recover(log.dir.path()), Err(RecoverError::BadFrame(_))));
    repair(log.dir.path()).unwrap();
    assert_eq!(log.replay().unwrap().len(), 2);
}

#[test]
fn a_segment_without_a_header_is_what_a_crash_leaves() {
    let mut log = Log::new();
    log.append(&[b"first"]);
    fs::write(log.dir.path().join(format!("{:020}.wal", 2)), vec![0; 4096]).unwrap();
    log.writer = reopen(log.dir.path()).unwrap();
    assert_eq!(log.append(&[b"second"]), [2]);
    assert_eq!(log.replay().unwrap().len(), 2);
}

/// A log of a later version is neither cut nor repaired by an earlier program.
#[test]
fn a_segment_of_another_version_is_refused_by_name_and_left_alone() {
    let mut log = Log::new();
    log.append(&[b"first"]);
    let segment = log.segments().remove(0);
    let mut bytes = fs::read(&segment).unwrap();
    bytes[8] = 2;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..12]);
    hasher.update(&bytes[16..SEGMENT_HEADER_BYTES]);
    let crc = hasher.finalize();
    bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    for content in [bytes.clone(), bytes[..SEGMENT_HEADER_BYTES].to_vec()] {
        fs::write(&segment, &content).unwrap();
        let refused = recover(log.dir.path()).unwrap_err();
        assert!(matches!(refused, RecoverError::Version { version: 2, .. }), "{refused}");
        assert!(refused.to_string().contains(&segment.display().to_string()), "{refused}");
        assert!(repair(log.dir.path()).is_err() && inspect(log.dir.path()).is_err());
        assert_eq!(fs::read(&segment).unwrap(), content);
    }
}

/// A crash between making a segment and writing to it leaves an empty one, whose number is used up.
#[test]
fn an_empty_segment_is_neither_written_again_nor_trimmed_for_another() {
    let mut log = Log::new();
    log.append(&[b"first"]);
    let wal = recover(log.dir.path()).unwrap().wal;
    create_segment(log.dir.path(), &SegmentHeader { wal, first: 2, previous_last: 1 }, SEGMENT_BYTES).unwrap();
    log.writer = reopen(log.dir.path()).unwrap();
    let number = log.append(&[b"second"])[0];
    log.writer.trim(number - 1).unwrap();
    assert_eq!(log.replay().unwrap().last(), Some(&(number, Bytes::from("second"))));
    log.writer.trim(number).unwrap();
    log.writer = reopen(log.dir.path()).unwrap();
    assert!(log.append(&[b"third"])[0] > number);
}

/// Numbers that start again would be taken for frames that the tables have.
#[test]
fn numbers_go_on_after_what_the_tables_have_though_the_segments_are_gone() {
    let mut log = Log::new();
    log.append(&[b"a", b"b", b"c"]);
    log.segments().iter().for_each(|segment| fs::remove_file(segment).unwrap());
    log.writer = WalWriter::new(log.dir.path(), &recover(log.dir.path()).unwrap(), 3, SEGMENT_BYTES);
    assert_eq!(log.append(&[b"d"]), [4]);
    assert_eq!(log.replay().unwrap(), [(4, Bytes::from("d"))]);
    assert_eq!(recover(log.dir.path()).unwrap().last(), 4);
}

#[test]
fn a_lost_id_file_is_made_again_from_the_segments() {
    let mut log = Log::new();
    log.append(&[b"first"]);
    let wal = recover(log.dir.path()).unwrap().wal;
    fs::remove_file(log.dir.path().join("id")).unwrap();
    assert_eq!(inspect(log.dir.path()).unwrap().wal, wal);
    assert_eq!(recover(log.dir.path()).unwrap().wal, wal);
    assert_eq!(fs::read_to_string(log.dir.path().join("id")).unwrap(), wal.to_string());
}

#[test]
fn a_segment_without_a_header_that_was_written_to_is_kept_and_refused() {
    let mut log = Log::new();
    log.append(&[b"first"]);
    let segment = log.segments().remove(0);
    flip(&segment, 20);
    flip(&segment, find(&segment, b"first"));
    assert!(matches!(recover(log.dir.path()), Err(RecoverError::BadFrame(_))));
    assert!(segment.exists());
}

#[test]
fn a_frame_that_is_damaged_after_it_was_found_is_named() {
    let mut log = Log::new();
    log.append(&[b"first", b"second"]);
    let recovery = recover(log.dir.path()).unwrap();
    let segment = &recovery.segments[0];
    flip(&segment.path, find(&segment.path, b"second"));
    let Err(RecoverError::BadFrame(bad)) = read_frames(segment, &recovery.wal) else { panic!("damage was not seen") };
    assert_eq!((bad.first_lost, bad.last_lost), (2, 2));
}

#[test]
fn a_missing_segment_in_the_middle_is_damage() {
    let mut log = Log::new();
    let payload = vec![1; 3000];
    for _ in 0..4 {
        log.append(&[&payload]);
    }
    let segments = log.segments();
    assert!(segments.len() >= 4);
    fs::remove_file(&segments[1]).unwrap();
    assert!(recover(log.dir.path()).is_err());
}

#[test]
fn a_segment_of_another_log_is_refused() {
    let (mut log, mut other) = (Log::new(), Log::new());
    log.append(&[b"ours"]);
    other.append(&[b"theirs"]);
    fs::copy(&other.segments()[0], &log.segments()[0]).unwrap();
    assert!(matches!(recover(log.dir.path()), Err(RecoverError::Foreign { .. })));
}

#[test]
fn a_payload_that_looks_like_frames_is_not_taken_for_them() {
    let mut inner = Log::new();
    inner.append(&[b"evil"]);
    let forged = fs::read(&inner.segments()[0]).unwrap()[SEGMENT_HEADER_BYTES..].to_vec();
    let mut log = Log::new();
    log.append(&[b"first"]);
    log.append(&[&forged[..512]]);
    let segment = log.segments().remove(0);
    // The frame that carries the forgery is torn: its own header is gone, its payload is whole.
    let at = find(&segment, &forged[..16]) - 40;
    flip(&segment, at);
    assert_eq!(log.replay().unwrap().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// One byte anywhere in a log that is not its last group: either nothing that counts changed, or it is reported.
    /// Never is a wrong payload replayed, and repair always makes the log readable.
    #[test]
    fn a_flipped_byte_is_harmless_or_reported(position in 0.0..1.0_f64, sizes in prop::collection::vec(0_usize..600, 2..12)) {
        let mut log = Log::new();
        for (n, size) in sizes.iter().enumerate() {
            log.append(&[&vec![n as u8; *size]]);
        }
        let original = log.replay().unwrap();
        log.writer.close();
        let segments = log.segments();
        let segment = &segments[(position * segments.len() as f64) as usize];
        let bytes = fs::read(segment).unwrap().len();
        flip(segment, (position * 7919.0).fract().mul_add(bytes as f64, 0.0) as usize % bytes);
        match log.replay() {
            Ok(frames) => {
                prop_assert!(frames.len() + 1 >= original.len());
                prop_assert!(frames.iter().all(|frame| original.contains(frame)));
            }
            Err(_) => {
                repair(log.dir.path()).unwrap();
                let frames = log.replay().unwrap();
                prop_assert!(frames.len() + 1 >= original.len());
                prop_assert!(frames.iter().all(|frame| original.contains(frame)));
            }
        }
    }
}
