//! An arena that knows whose bytes it holds.

use std::collections::BTreeMap;
use std::ops::Range;

/// Something whose bytes can be in memory: the result of one execution of one node, an input, scratch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source(pub(super) usize);

/// Consecutive bytes of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) source: Source,
    /// First byte, counted from the start of the source.
    pub(super) at: usize,
    pub(super) bytes: usize,
}

/// What a value consists of, in order.
pub(super) type Contents = Vec<Segment>;

/// Whose bytes are where. Bytes that are in no entry hold nothing in particular.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// Disjoint entries by their start.
    entries: BTreeMap<usize, Segment>,
}

impl Memory {
    /// Puts contents at an offset, over whatever is there.
    pub(super) fn write(&mut self, offset: usize, contents: &[Segment]) {
        let mut start = offset;
        for &segment in contents {
            self.clear(start..start + segment.bytes);
            if segment.bytes > 0 {
                self.entries.insert(start, segment);
            }
            start += segment.bytes;
        }
    }

    /// Forgets what a range holds; entries that reach beyond it keep the rest.
    pub(super) fn clear(&mut self, range: Range<usize>) {
        let before = self.entries.range(..range.start).next_back().map(|(&start, _)| start);
        let first = before.unwrap_or(range.start);
        let touched: Vec<(usize, Segment)> = self
            .entries
            .range(first..range.end.max(first))
            .map(|(&start, &segment)| (start, segment))
            .collect();
        for (start, segment) in touched {
            let end = start + segment.bytes;
            if end <= range.start {
                continue;
            }
            self.entries.remove(&start);
            if start < range.start {
                self.entries.insert(start, Segment { bytes: range.start - start, ..segment });
            }
            if end > range.end {
                let cut = range.end - start;
                self.entries
                    .insert(range.end, Segment { at: segment.at + cut, bytes: end - range.end, ..segment });
            }
        }
    }

    /// Whether contents are at an offset; if not, who is there instead, if anybody.
    pub(super) fn expect(&self, offset: usize, contents: &[Segment]) -> Result<(), Option<Source>> {
        let mut start = offset;
        for segment in contents {
            self.expect_segment(start, *segment)?;
            start += segment.bytes;
        }
        Ok(())
    }

    fn expect_segment(&self, offset: usize, mut wanted: Segment) -> Result<(), Option<Source>> {
        let mut offset = offset;
        while wanted.bytes > 0 {
            let (&start, &held) = self.entries.range(..=offset).next_back().ok_or(None)?;
            let skipped = offset - start;
            if skipped >= held.bytes {
                return Err(None);
            }
            if held.source != wanted.source || held.at + skipped != wanted.at {
                return Err(Some(held.source));
            }
            let step = (held.bytes - skipped).min(wanted.bytes);
            offset += step;
            wanted = Segment { at: wanted.at + step, bytes: wanted.bytes - step, ..wanted };
        }
        Ok(())
    }

    /// Keeps only what both memories hold.
    pub(super) fn intersect(&self, other: &Memory) -> Memory {
        let mut common = Memory::default();
        for (&start, &segment) in &self.entries {
            other.common_with(start, segment, &mut common);
        }
        common
    }

    fn common_with(&self, start: usize, segment: Segment, common: &mut Memory) {
        let end = start + segment.bytes;
        let first = self.entries.range(..=start).next_back().map_or(start, |(&at, _)| at);
        for (&at, &held) in self.entries.range(first..end) {
            let (low, high) = (at.max(start), (at + held.bytes).min(end));
            let same =
                held.source == segment.source && held.at + (low.max(at) - at) == segment.at + (low - start);
            if low < high && same {
                let kept = Segment { at: segment.at + (low - start), bytes: high - low, ..segment };
                common.entries.insert(low, kept);
            }
        }
    }
}

/// The bytes `range` of contents.
pub(super) fn cut(contents: &[Segment], range: Range<usize>) -> Contents {
    let mut result = Vec::new();
    let mut start = 0;
    for &segment in contents {
        let (low, high) = (range.start.max(start), range.end.min(start + segment.bytes));
        if low < high {
            result.push(Segment { at: segment.at + (low - start), bytes: high - low, ..segment });
        }
        start += segment.bytes;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(source: usize, bytes: usize) -> Segment {
        Segment { source: Source(source), at: 0, bytes }
    }

    #[test]
    fn bytes_belong_to_the_last_writer() {
        let mut memory = Memory::default();
        memory.write(0, &[whole(1, 32)]);
        memory.write(8, &[whole(2, 8)]);
        assert_eq!(memory.expect(0, &[Segment { bytes: 8, ..whole(1, 32) }]), Ok(()));
        assert_eq!(memory.expect(8, &[whole(2, 8)]), Ok(()));
        assert_eq!(memory.expect(16, &[Segment { source: Source(1), at: 16, bytes: 16 }]), Ok(()));
        assert_eq!(memory.expect(0, &[whole(1, 32)]), Err(Some(Source(2))));
        assert_eq!(memory.expect(24, &[whole(1, 8)]), Err(Some(Source(1))));
        assert_eq!(memory.expect(28, &[Segment { source: Source(1), at: 28, bytes: 8 }]), Err(None));
        memory.clear(0..64);
        assert_eq!(memory.expect(8, &[whole(2, 8)]), Err(None));
    }

    #[test]
    fn branches_leave_what_both_left() {
        let mut left = Memory::default();
        left.write(0, &[whole(1, 32)]);
        let mut right = left.clone();
        left.write(0, &[whole(2, 8)]);
        right.write(20, &[whole(3, 4)]);
        let both = left.intersect(&right);
        assert_eq!(both.expect(8, &[Segment { source: Source(1), at: 8, bytes: 12 }]), Ok(()));
        assert_eq!(both.expect(24, &[Segment { source: Source(1), at: 24, bytes: 8 }]), Ok(()));
        assert_eq!(both.expect(0, &[whole(2, 8)]), Err(None));
        assert_eq!(both.expect(20, &[whole(3, 4)]), Err(None));
    }

    #[test]
    fn pieces_of_pieces() {
        let contents = [whole(1, 8), whole(2, 8)];
        let middle = cut(&contents, 4..12);
        assert_eq!(
            middle,
            [Segment { source: Source(1), at: 4, bytes: 4 }, Segment { bytes: 4, ..whole(2, 8) }]
        );
    }
}
