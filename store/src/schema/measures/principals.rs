//! `list<string>`, sorted; null if there is none.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListArray, ListBuilder, StringArray, StringBuilder};
use arrow::datatypes::{DataType, Field};

use super::row::{Columns, InvalidRow, typed};
use crate::ledger::Principals;
use crate::schema::columns::list_type;

/// The type of a principals column.
pub(in crate::schema) fn principals_type() -> DataType {
    list_type(DataType::Utf8)
}

/// Builds a column of principals.
pub(in crate::schema) struct PrincipalsColumn(ListBuilder<StringBuilder>);

impl Default for PrincipalsColumn {
    fn default() -> Self {
        Self(ListBuilder::new(StringBuilder::new()).with_field(Field::new("element", DataType::Utf8, false)))
    }
}

impl PrincipalsColumn {
    pub fn append(&mut self, principals: &Principals) {
        let principals = principals.iter();
        let is_valid = principals.len() > 0;
        principals.for_each(|principal| self.0.values().append_value(principal));
        self.0.append(is_valid);
    }

    pub fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// A column that [`PrincipalsColumn`] built.
pub(in crate::schema) struct PrincipalLists<'a> {
    lists: &'a ListArray,
    elements: &'a StringArray,
}

impl<'a> PrincipalLists<'a> {
    /// `None` if the column was left out.
    pub fn of(columns: &Columns<'a>, name: &'static str) -> Result<Option<Self>, InvalidRow> {
        let Some(lists) = columns.measure::<ListArray>(name)? else { return Ok(None) };
        Ok(Some(Self { lists, elements: typed(Some(lists.values()), name)? }))
    }

    pub fn get(&self, row: usize) -> Principals {
        let mut principals = Principals::default();
        if self.lists.is_valid(row) {
            let offsets = self.lists.value_offsets();
            for i in offsets[row] as usize..offsets[row + 1] as usize {
                principals.record(&self.elements.value(i).into());
            }
        }
        principals
    }
}
