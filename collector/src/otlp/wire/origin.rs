//! Resources and scopes: where spans come from.

use spanloom_store::schema::spans::{EntityRef, Resource, Scope};

use super::malformed::Malformed;
use super::reader::{Names, Reader};
use super::value::{attribute, cells_bytes};
use crate::otlp::budget::{Budget, Spent};

const RESOURCE: Names = &["attributes", "dropped_attributes_count", "entity_refs"];
const ENTITY_REF: Names = &["schema_url", "type", "id_keys", "description_keys"];
const SCOPE: Names = &["name", "version", "attributes", "dropped_attributes_count"];

/// What JSON adds to the texts of an entity.
const ENTITY_BYTES: usize = 64;
/// What JSON adds to one text of a list.
const QUOTES_BYTES: usize = 3;

/// What a resource adds to each row beside the texts of its `Resource`.
pub fn resource_cells_bytes(resource: &Resource<'_>) -> usize {
    let entities = resource.entity_refs.iter();
    let keys = |entity: &EntityRef| entity.id_keys.len() + entity.description_keys.len();
    let entity_bytes: usize = entities.map(|entity| ENTITY_BYTES + QUOTES_BYTES * keys(entity)).sum();
    cells_bytes(&resource.attributes) + entity_bytes + resource.schema_url.len()
}

/// What a scope adds to each row beside the texts of its `InstrumentationScope`.
pub fn scope_cells_bytes(scope: &Scope<'_>) -> usize {
    cells_bytes(&scope.attributes) + scope.schema_url.len()
}

/// Merges a `Resource`.
pub fn resource<'a>(message: Reader<'a>, resource: &mut Resource<'a>, budget: &Budget) -> Result<(), Malformed> {
    message.each(RESOURCE, |field| {
        match field.number {
            1 => attribute(field.message()?, &mut resource.attributes, budget)?,
            2 => resource.dropped_attributes_count = field.uint32()?,
            3 => {
                let entity = entity_ref(field.message()?, budget)?;
                budget.push(&mut resource.entity_refs, entity)?;
            }
            _ => field.skip()?,
        }
        Ok(())
    })
}

fn entity_ref(message: Reader<'_>, budget: &Budget) -> Result<EntityRef, Malformed> {
    let mut entity = EntityRef::default();
    message.each(ENTITY_REF, |field| {
        match field.number {
            1 => entity.schema_url = owned(field.text()?, budget)?,
            2 => entity.r#type = owned(field.text()?, budget)?,
            3 => budget.push(&mut entity.id_keys, owned(field.text()?, budget)?)?,
            4 => budget.push(&mut entity.description_keys, owned(field.text()?, budget)?)?,
            _ => field.skip()?,
        }
        Ok(())
    })?;
    Ok(entity)
}

fn owned(text: &str, budget: &Budget) -> Result<String, Spent> {
    budget.take(text.len())?;
    Ok(text.to_owned())
}

/// Merges an `InstrumentationScope`.
pub fn scope<'a>(message: Reader<'a>, scope: &mut Scope<'a>, budget: &Budget) -> Result<(), Malformed> {
    message.each(SCOPE, |field| {
        match field.number {
            1 => scope.name = field.text()?.into(),
            2 => scope.version = field.text()?.into(),
            3 => attribute(field.message()?, &mut scope.attributes, budget)?,
            4 => scope.dropped_attributes_count = field.uint32()?,
            _ => field.skip()?,
        }
        Ok(())
    })
}
