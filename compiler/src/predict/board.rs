//! Board files: the few constants that turn instructions into cycles, time and energy.

use redsc_passes::cost::Cost;
use serde::{Deserialize, Serialize};

use super::{Estimate, Work};

/// A board as its file describes it; `docs/cost.md` explains every field.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// The name for people.
    pub name: String,
    /// The target that its core runs.
    pub target: String,
    /// Where the constants come from.
    #[serde(default)]
    pub source: String,
    /// Cycles by what is executed.
    pub cycles: Cycles,
    /// By how much the cycles of a whole model were off when the constants were fitted, in percent; widens intervals.
    #[serde(default)]
    pub error_percent: f64,
    /// Energy of a cycle in nanojoules, at clocks that do not say otherwise.
    pub nj_per_cycle: Option<f64>,
    /// Power while the core sleeps, in milliwatts.
    pub idle_mw: Option<f64>,
    /// Clocks at which the board may run.
    #[serde(default)]
    pub clocks: Vec<Clock>,
}

/// Cycles by what is executed; they add up.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cycles {
    /// Of every instruction.
    pub instruction: f64,
    /// In addition of every load.
    #[serde(default)]
    pub load: f64,
    /// In addition of every store.
    #[serde(default)]
    pub store: f64,
    /// In addition of every multiplication.
    #[serde(default)]
    pub multiply: f64,
    /// In addition of every byte of constants, which come from flash once per inference.
    #[serde(default)]
    pub constant_byte: f64,
}

/// A clock.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Frequency in hertz.
    pub hz: f64,
    /// Cycles at this clock over cycles without flash wait states.
    #[serde(default = "one")]
    pub cycles_factor: f64,
    /// Energy of a cycle in nanojoules.
    pub nj_per_cycle: Option<f64>,
}

fn one() -> f64 {
    1.0
}

impl Board {
    /// Reads a board file.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn from_toml(text: &str) -> Result<Board, String> {
        let board: Board = toml::from_str(text).map_err(|e| e.to_string())?;
        let cycles = [
            board.cycles.instruction,
            board.cycles.load,
            board.cycles.store,
            board.cycles.multiply,
            board.cycles.constant_byte,
        ];
        if cycles.iter().any(|c| !c.is_finite() || *c < 0.0) || board.cycles.instruction <= 0.0 {
            return Err("cycles must be positive numbers".into());
        }
        if board.clocks.iter().any(|clock| !(clock.hz > 0.0 && clock.cycles_factor > 0.0)) {
            return Err("clocks must be positive numbers".into());
        }
        Ok(board)
    }

    /// The clock that was asked for, or the fastest one of the board. A frequency that the board does not list gets the
    /// constants of the nearest one that it does.
    pub fn clock(&self, hz: Option<f64>) -> Option<Clock> {
        let wanted = hz.or_else(|| self.clocks.iter().map(|clock| clock.hz).reduce(f64::max))?;
        let distance = |clock: &Clock| (clock.hz / wanted).ln().abs();
        let nearest = self.clocks.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        let plain = Clock { hz: wanted, cycles_factor: 1.0, nj_per_cycle: None };
        Some(nearest.map_or(plain, |clock| Clock { hz: wanted, ..*clock }))
    }

    /// Cycles without flash wait states.
    pub fn cycles(&self, cost: &Cost, constant_bytes: f64) -> f64 {
        let c = &self.cycles;
        cost.instructions * c.instruction
            + cost.loads * c.load
            + cost.stores * c.store
            + cost.multiplies * c.multiply
            + constant_bytes * c.constant_byte
    }

    /// What a piece of work takes.
    pub fn work(&self, cost: &Cost, constant_bytes: f64, clock: Option<&Clock>) -> Work {
        let value = self.cycles(cost, constant_bytes) * clock.map_or(1.0, |clock| clock.cycles_factor);
        let share = |bound: f64| if cost.instructions > 0.0 { bound / cost.instructions } else { 1.0 };
        let off = self.error_percent / 100.0;
        let cycles = Estimate {
            value,
            least: value * share(cost.least) * (1.0 - off).max(0.0),
            most: value * share(cost.most) * (1.0 + off),
        };
        let energy = clock.and_then(|clock| clock.nj_per_cycle).or(self.nj_per_cycle);
        Work {
            cycles,
            milliseconds: clock.map(|clock| cycles.scaled(1e3 / clock.hz)),
            microjoules: energy.map(|nj| cycles.scaled(nj / 1e3)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name = \"b\"\ntarget = \"cortex-m4\"\nnj_per_cycle = 2.0\n[cycles]\ninstruction = 1.5\n\
                        load = 0.5\n[[clocks]]\nhz = 1000\n[[clocks]]\nhz = 4000\ncycles_factor = 2.0\n";

    #[test]
    fn cycles_add_up_and_follow_the_clock() {
        let board = Board::from_toml(TEXT).unwrap();
        let cost = Cost { instructions: 100.0, loads: 20.0, least: 90.0, most: 110.0, ..Cost::default() };
        let work = board.work(&cost, 7.0, board.clock(None).as_ref());
        assert_eq!(work.cycles.value, 320.0);
        assert_eq!(work.cycles.least, 288.0);
        assert_eq!(work.milliseconds.unwrap().value, 80.0);
        assert_eq!(work.microjoules.unwrap().value, 0.64);
        assert_eq!(board.clock(Some(900.0)).unwrap().cycles_factor, 1.0);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Board::from_toml("name = \"b\"\ntarget = \"x\"\n[cycles]\ninstruction = -1.0\n").is_err());
        assert!(Board::from_toml(&TEXT.replace("load", "lead")).unwrap_err().contains("lead"));
    }
}
