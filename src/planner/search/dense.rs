//! Tables indexed by the dense numbers of this stage, and small sets of such numbers.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A dense number: the rows of a table count from zero.
pub(super) trait Id: Copy {
    /// The id of a row.
    fn of(row: usize) -> Self;
    /// The row of an id.
    fn row(self) -> usize;
}

/// Makes new types of a row number ids.
macro_rules! ids {
    ($($name:ty),*) => {$(
        impl Id for $name {
            fn of(row: usize) -> Self {
                Self(u32::try_from(row).unwrap_or(u32::MAX))
            }
            fn row(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}
pub(super) use ids;

ids!(super::TaskId, super::OptionId, Position, Front);

/// A place in an order of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position(pub(super) u32);

/// One set of tasks that have run, in a layer of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Front(pub(super) u32);

/// A table with one row per id. Ids are handed out by whoever fills the table, so a row that is asked for exists.
#[derive(Debug)]
pub(super) struct Dense<I, T> {
    rows: Vec<T>,
    ids: PhantomData<I>,
}

impl<I, T: Clone> Clone for Dense<I, T> {
    fn clone(&self) -> Self {
        Self {
            rows: self.rows.clone(),
            ids: PhantomData,
        }
    }

    /// In the memory that the rows have already.
    fn clone_from(&mut self, other: &Self) {
        self.rows.clone_from(&other.rows);
    }
}

impl<I, T> Default for Dense<I, T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            ids: PhantomData,
        }
    }
}

impl<I: Id, T> Dense<I, T> {
    pub(super) fn from_rows(rows: Vec<T>) -> Self {
        Self {
            rows,
            ids: PhantomData,
        }
    }

    pub(super) fn filled(len: usize, value: T) -> Self
    where
        T: Clone,
    {
        Self::from_rows(vec![value; len])
    }

    pub(super) fn push(&mut self, row: T) -> I {
        self.rows.push(row);
        I::of(self.rows.len() - 1)
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn ids(&self) -> impl DoubleEndedIterator<Item = I> + use<I, T> {
        (0..self.rows.len()).map(I::of)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (I, &T)> {
        self.rows
            .iter()
            .enumerate()
            .map(|(row, value)| (I::of(row), value))
    }

    pub(super) fn rows(&self) -> &[T] {
        &self.rows
    }

    pub(super) fn rows_mut(&mut self) -> &mut [T] {
        &mut self.rows
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "ids are rows of the table they index"
)]
impl<I: Id, T> Index<I> for Dense<I, T> {
    type Output = T;

    fn index(&self, id: I) -> &T {
        &self.rows[id.row()]
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "ids are rows of the table they index"
)]
impl<I: Id, T> IndexMut<I> for Dense<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.rows[id.row()]
    }
}

/// A set of up to [`Bits::CAPACITY`] dense numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Bits([u64; 4]);

impl Bits {
    /// Members are below it; larger ones are never in the set.
    pub(super) const CAPACITY: usize = 256;

    pub(super) fn has(self, id: impl Id) -> bool {
        let word = self.0.get(id.row() / 64).copied().unwrap_or(0);
        word >> (id.row() % 64) & 1 == 1
    }

    #[must_use]
    pub(super) fn with(mut self, id: impl Id) -> Self {
        if let Some(word) = self.0.get_mut(id.row() / 64) {
            *word |= 1 << (id.row() % 64);
        }
        self
    }

    #[must_use]
    pub(super) fn without(mut self, id: impl Id) -> Self {
        if let Some(word) = self.0.get_mut(id.row() / 64) {
            *word &= !(1 << (id.row() % 64));
        }
        self
    }

    fn zip(mut self, other: Self, op: impl Fn(u64, u64) -> u64) -> Self {
        for (own, theirs) in self.0.iter_mut().zip(other.0) {
            *own = op(*own, theirs);
        }
        self
    }

    #[must_use]
    pub(super) fn or(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// The members that are not in the other set.
    #[must_use]
    pub(super) fn minus(self, other: Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }

    pub(super) fn within(self, other: Self) -> bool {
        self.minus(other).is_empty()
    }

    /// Members in ascending order.
    pub(super) fn iter<I: Id>(self) -> impl Iterator<Item = I> {
        self.0.into_iter().enumerate().flat_map(|(at, mut word)| {
            std::iter::from_fn(move || {
                (word != 0).then(|| {
                    let low = word.trailing_zeros() as usize;
                    word &= word - 1;
                    I::of(at * 64 + low)
                })
            })
        })
    }
}

impl<I: Id> FromIterator<I> for Bits {
    fn from_iter<T: IntoIterator<Item = I>>(ids: T) -> Self {
        ids.into_iter().fold(Self::default(), Self::with)
    }
}
