//! Damaged copies of a file, the same ones in every run.

/// Makes damaged copies of bytes; a seed decides which.
pub struct Mutator {
    state: u64,
}

/// Numbers that break careless arithmetic.
const EXTREMES: [u32; 12] =
    [0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF];

impl Mutator {
    /// A mutator that is the same for the same seed.
    pub fn new(seed: u64) -> Self {
        Mutator { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 }
    }

    /// The next copy with one to eight kinds of damage.
    pub fn damage(&mut self, original: &[u8]) -> Vec<u8> {
        let mut bytes = original.to_vec();
        for _ in 0..=self.below(8) {
            self.damage_once(&mut bytes);
        }
        bytes
    }

    fn damage_once(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let at = self.position(bytes.len());
        match self.below(16) {
            0..4 => bytes[at] ^= 1 << self.below(8),
            4..7 => bytes[at] = self.next() as u8,
            7..11 => {
                let extreme = EXTREMES[self.below(EXTREMES.len())];
                overwrite(bytes, at & !3, &extreme.to_le_bytes());
            }
            11..13 => {
                // Small changes of offsets and indices reach neighbours.
                let word = bytes.get(at & !3..(at & !3) + 4).map_or([0; 4], |w| [w[0], w[1], w[2], w[3]]);
                let moved = u32::from_le_bytes(word).wrapping_add(self.below(65) as u32).wrapping_sub(32);
                overwrite(bytes, at & !3, &moved.to_le_bytes());
            }
            13..15 => {
                let from = self.position(bytes.len());
                let length = 1 + self.below(16);
                let piece = bytes[from..bytes.len().min(from + length)].to_vec();
                overwrite(bytes, at, &piece);
            }
            _ => bytes.truncate(at),
        }
    }

    /// A position; the ends of a file hold its tables and are favoured.
    fn position(&mut self, length: usize) -> usize {
        let window = length.min(4096);
        match self.below(4) {
            0 => self.below(window),
            1 => length - window + self.below(window),
            _ => self.below(length),
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Xorshift: good enough to choose damage.
    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }
}

fn overwrite(bytes: &mut [u8], at: usize, piece: &[u8]) {
    for (target, source) in bytes[at..].iter_mut().zip(piece) {
        *target = *source;
    }
}
