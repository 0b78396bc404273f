//! Typed handles: small copyable indices that cannot be mixed up.

/// Declares a `u32` handle type with its textual sigil.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $sigil:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The handle of the `index`-th entity.
            pub fn new(index: usize) -> Self {
                $name(u32::try_from(index).unwrap_or(u32::MAX))
            }

            /// Position in the entity's table.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($sigil, "{}"), self.0)
            }
        }
    };
}

handle!(
    /// A value of one graph, printed `%7`.
    ValueId, "%");
handle!(
    /// A graph of a module, printed `@0`; `@0` is the entry.
    GraphId, "@");
handle!(
    /// A state variable of a module, printed `$2`.
    VarId, "$");
