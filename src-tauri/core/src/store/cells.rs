//! Where the cells of an import stand in its rows, and rows as they were written.

use std::{collections::HashMap, sync::Arc};

use rusqlite::{Connection, Row};

use super::{
    from_json,
    rows::{self, State},
};
use crate::{
    dataset::{ColumnRoles, Example},
    error::{Error, Result},
};

/// An example as a run needs it.
#[derive(Debug, Clone)]
pub struct StoredExample {
    /// Database id.
    pub id: i64,
    /// Position in the dataset, from 1.
    pub number: u32,
    /// What goes to the model.
    pub user_input: String,
    /// The expected answer.
    pub ground_truth_output: String,
    /// Every cell in column order.
    pub cells: Vec<String>,
}

/// Where the columns of an import stand in its rows.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub columns: Vec<String>,
    input: Option<usize>,
    truth: Option<usize>,
}

/// Where a cell stands in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Input,
    Truth,
    /// Among the other cells.
    Other(usize),
}

impl Shape {
    pub fn of(c: &Connection, import: i64) -> Result<Self> {
        let mut statement = c.prepare_cached("SELECT columns, roles FROM dataset WHERE id = ?1")?;
        let (columns, roles): (String, String) = statement.query_row([import], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let (columns, roles): (Vec<String>, ColumnRoles) = (from_json(&columns)?, from_json(&roles)?);
        let place = |name: &Option<String>| columns.iter().position(|column| Some(column) == name.as_ref());
        let (input, truth) = (place(&roles.input), place(&roles.truth));
        // A row without one of them has all its cells beside.
        let both = input.is_some() && truth.is_some();
        Ok(Self { input: input.filter(|_| both), truth: truth.filter(|_| both), columns })
    }

    /// Places of input and ground truth among the columns.
    pub fn roles(&self) -> Option<(usize, usize)> {
        self.input.zip(self.truth)
    }

    /// Where a column stands.
    pub fn place(&self, column: &str) -> Result<Place> {
        let at = self.columns.iter().position(|c| c == column);
        let at = at.ok_or_else(|| Error::invalid(format!("The dataset has no column `{column}`. Choose one that it has.")))?;
        Ok(if Some(at) == self.input {
            Place::Input
        } else if Some(at) == self.truth {
            Place::Truth
        } else {
            Place::Other(at - [self.input, self.truth].iter().flatten().filter(|&&role| role < at).count())
        })
    }

    /// All cells of a row in column order.
    pub fn cells(&self, user_input: &str, ground_truth_output: &str, others: Option<&str>) -> Result<Vec<String>> {
        let others: Vec<String> = others.map(from_json).transpose()?.unwrap_or_default();
        let mut others = others.into_iter();
        let cell = |at: usize| {
            if Some(at) == self.input {
                user_input.to_owned()
            } else if Some(at) == self.truth {
                ground_truth_output.to_owned()
            } else {
                others.next().unwrap_or_default()
            }
        };
        Ok((0..self.columns.len()).map(cell).collect())
    }
}

/// The columns of a row that this module reads, in this order.
const ROW: &str = "id, dataset_id, number, user_input, ground_truth_output, others";

/// Rows of any imports, read by id.
pub(super) struct Reader<'c> {
    c: &'c Connection,
    shapes: HashMap<i64, Arc<Shape>>,
}

impl<'c> Reader<'c> {
    pub fn new(c: &'c Connection) -> Self {
        Self { c, shapes: HashMap::new() }
    }

    fn shape(&mut self, import: i64) -> Result<Arc<Shape>> {
        if let Some(shape) = self.shapes.get(&import) {
            return Ok(Arc::clone(shape));
        }
        let shape = Arc::new(Shape::of(self.c, import)?);
        self.shapes.insert(import, Arc::clone(&shape));
        Ok(shape)
    }

    fn row(&mut self, row: &Row<'_>) -> Result<StoredExample> {
        let shape = self.shape(row.get(1)?)?;
        let (user_input, ground_truth_output): (String, String) = (row.get(3)?, row.get(4)?);
        let others: Option<String> = row.get(5)?;
        let cells = shape.cells(&user_input, &ground_truth_output, others.as_deref())?;
        Ok(StoredExample { id: row.get(0)?, number: row.get(2)?, user_input, ground_truth_output, cells })
    }

    /// A row as it was written.
    pub fn stored(&mut self, id: i64) -> Result<StoredExample> {
        let mut statement = self.c.prepare_cached(&format!("SELECT {ROW} FROM example WHERE id = ?1"))?;
        let mut found = statement.query([id])?;
        match found.next()? {
            Some(row) => self.row(row),
            None => Err(Error::not_found(format!("Example {id} does not exist any more."))),
        }
    }

    /// Whether two rows of an import differ in their ground truths at most.
    pub fn same_beside_truth(&mut self, first: &StoredExample, second: &StoredExample) -> Result<bool> {
        let import: i64 = self.c.prepare_cached("SELECT dataset_id FROM example WHERE id = ?1")?.query_row([first.id], |r| r.get(0))?;
        let truth = self.shape(import)?.truth;
        let pairs = first.cells.iter().zip(&second.cells).enumerate();
        Ok(pairs.filter(|(at, _)| Some(*at) != truth).all(|(_, (a, b))| a == b))
    }

    /// A row with what a version knows of it.
    pub fn example(&mut self, id: i64, state: State) -> Result<Example> {
        let StoredExample { id, number, user_input, ground_truth_output, cells } = self.stored(id)?;
        Ok(Example { id, number, split: state.split(), excluded: state.excluded(), user_input, ground_truth_output, variables: cells })
    }
}

/// One example by id, as its import's blocks have it.
pub(super) fn example_by_id(c: &Connection, id: i64) -> Result<Example> {
    Reader::new(c).example(id, rows::state_now(c, id)?)
}
