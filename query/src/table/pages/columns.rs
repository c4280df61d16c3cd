//! Where a file has the columns that are asked for.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::Result;
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::ParquetMetaData;
use spanloom_store::pages::Place;

use super::opener::Asked;

/// A column as the file has it.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// The file is older than the column.
    Missing,
    Flat(Place),
    Map(Place, Place),
    /// With a part that tells which rows have one.
    List(Place),
}

impl Source {
    /// # Errors
    /// When the file has the column as something else: none of its values would be told.
    fn of(metadata: &ParquetMetaData, field: &Field) -> Result<Self, ParquetError> {
        let (name, data_type) = (field.name(), field.data_type());
        let found = match data_type {
            DataType::Map(..) => Place::of_map(metadata, name).map(|(keys, values)| Self::Map(keys, values)),
            DataType::List(_) => tells_lists(data_type)
                .and_then(|part| Place::of_list(metadata, name, part.name(), part.data_type()))
                .map(Self::List),
            DataType::Dictionary(_, value) => Place::of_column(metadata, name, value).map(Self::Flat),
            _ => Place::of_column(metadata, name, data_type).map(Self::Flat),
        };
        let columns = metadata.file_metadata().schema_descr().root_schema().get_fields();
        match found {
            Some(found) => Ok(found),
            None if columns.iter().any(|column| column.name() == name) => {
                Err(ParquetError::General(format!("column {name} is no {data_type} in the file")))
            }
            None => Ok(Self::Missing),
        }
    }

    pub fn places(&self) -> Vec<Place> {
        match self {
            Self::Missing => Vec::new(),
            Self::Flat(place) | Self::List(place) => vec![place.clone()],
            Self::Map(keys, values) => vec![keys.clone(), values.clone()],
        }
    }
}

/// Where the columns are that are asked for, by name.
pub(super) struct Columns {
    sources: HashMap<String, Source>,
    /// The file's columns as bounds of pages are looked up: by their order in it.
    pub file: Schema,
}

impl Columns {
    pub fn new(metadata: &ParquetMetaData, asked: &Asked) -> Result<Self> {
        let conditions = asked.conditions.iter().flat_map(|condition| condition.schema.fields());
        // Of a column that is given as codes and asked for as texts, there is one place.
        let fields = asked.schema.fields().iter().chain(conditions);
        let fields: HashMap<&str, &Arc<Field>> = fields.map(|field| (field.name().as_str(), field)).collect();
        let of_file = metadata.file_metadata().schema_descr().root_schema().get_fields().iter();
        let of_file = of_file.map(|column| match fields.get(column.name()) {
            Some(field) => Arc::clone(field),
            None => Arc::new(Field::new(column.name(), DataType::Null, true)),
        });
        let file = Schema::new(of_file.collect::<Vec<_>>());
        let sources = fields.into_iter().map(|(name, field)| Ok((name.to_owned(), Source::of(metadata, field)?)));
        Ok(Self { sources: sources.collect::<Result<_, ParquetError>>()?, file })
    }

    pub fn get(&self, name: &str) -> &Source {
        self.sources.get(name).unwrap_or(&Source::Missing)
    }
}

/// The part of lists of structs that tells which rows have a list: a number.
pub(super) fn tells_lists(data_type: &DataType) -> Option<&Arc<Field>> {
    let DataType::List(element) = data_type else { return None };
    let DataType::Struct(parts) = element.data_type() else { return None };
    parts.iter().find(|part| matches!(part.data_type(), DataType::Int64 | DataType::Int32))
}
