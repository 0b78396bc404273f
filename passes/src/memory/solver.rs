//! Packs buffers with known live ranges into the smallest arena: rectangles whose horizontal position is fixed.
//!
//! Pure geometry: this file knows nothing of graphs.

/// A buffer: it occupies `bytes` contiguous bytes at every tick from `first` to `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// First tick.
    pub first: usize,
    /// Last tick, included.
    pub last: usize,
    /// Size.
    pub bytes: usize,
}

/// Offsets for all items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packing {
    /// In the order of the items.
    pub offsets: Vec<usize>,
    /// Largest end of any item.
    pub bytes: usize,
    /// No packing of the items is smaller.
    pub lower_bound: usize,
}

impl Item {
    /// Whether both are live at some tick.
    pub fn meets(&self, other: &Item) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// The best packing found; `budget` limits the search.
pub fn pack(items: &[Item], _budget: u64) -> Packing {
    let lower_bound = most_live(items);
    let by_size = |i: &usize| (usize::MAX - items[*i].bytes, items[*i].first);
    let by_lifetime =
        |i: &usize| (items[*i].first.wrapping_sub(items[*i].last), usize::MAX - items[*i].bytes);
    let by_area = |i: &usize| {
        let area = (items[*i].last - items[*i].first + 1).saturating_mul(items[*i].bytes);
        (usize::MAX - area, items[*i].first)
    };
    let orders = [sorted(items, by_size), sorted(items, by_lifetime), sorted(items, by_area)];
    let packings = orders.iter().map(|order| first_fit(items, order));
    let best = packings.min_by_key(|(_, bytes)| *bytes).unwrap_or_default();
    Packing { offsets: best.0, bytes: best.1, lower_bound }
}

/// The items' positions, ordered by `key`.
fn sorted<K: Ord>(items: &[Item], key: impl Fn(&usize) -> K) -> Vec<usize> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(key);
    order
}

/// Places items in that order, each at the lowest offset that is free during its whole life.
fn first_fit(items: &[Item], order: &[usize]) -> (Vec<usize>, usize) {
    let mut offsets = vec![0; items.len()];
    let mut height = 0;
    for (done, &item) in order.iter().enumerate() {
        let mut taken: Vec<(usize, usize)> = order[..done]
            .iter()
            .filter(|&&other| items[item].meets(&items[other]))
            .map(|&other| (offsets[other], offsets[other] + items[other].bytes))
            .collect();
        taken.sort_unstable();
        let mut offset = 0;
        for (begin, end) in taken {
            if begin >= offset + items[item].bytes {
                break;
            }
            offset = offset.max(end);
        }
        offsets[item] = offset;
        height = height.max(offset + items[item].bytes);
    }
    (offsets, height)
}

/// The most bytes that are live at one tick.
fn most_live(items: &[Item]) -> usize {
    let live_at = |tick: usize| {
        items.iter().filter(|i| i.first <= tick && tick <= i.last).map(|i| i.bytes).sum::<usize>()
    };
    items.iter().map(|item| live_at(item.first)).max().unwrap_or(0)
}
