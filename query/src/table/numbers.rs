//! Whether a number is one of many: most others are told by a bit.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, BooleanArray, Int64Array};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use foldhash::fast::RandomState;

/// Bits for each number, so that one other number of as many has to be looked up.
const BITS_PER_NUMBER: usize = 16;
/// More would not stay in a processor's cache.
const BITS_MAX: usize = 1 << 20;

/// Some numbers.
#[derive(Debug)]
pub(crate) struct Numbers {
    numbers: HashSet<i64, RandomState>,
    bits: Vec<u64>,
    /// By how many bits a hash is shifted to be the place of a bit.
    shift: u32,
}

impl FromIterator<i64> for Numbers {
    fn from_iter<T: IntoIterator<Item = i64>>(numbers: T) -> Self {
        let numbers: HashSet<i64, RandomState> = numbers.into_iter().collect();
        let bits = (BITS_PER_NUMBER * numbers.len()).next_power_of_two().clamp(64, BITS_MAX);
        let mut made = Self { numbers, bits: vec![0; bits / 64], shift: 64 - bits.ilog2() };
        for number in &made.numbers {
            let bit = bit(*number, made.shift);
            made.bits[bit / 64] |= 1 << (bit % 64);
        }
        made
    }
}

fn bit(number: i64, shift: u32) -> usize {
    (number.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift) as usize
}

impl Numbers {
    /// What its bit says: 1 also for some that are not among them.
    #[inline]
    fn perhaps(&self, number: i64) -> u64 {
        let bit = bit(number, self.shift);
        self.bits[bit / 64] >> (bit % 64) & 1
    }

    /// Which of these are among them; null where a number is.
    pub fn among(&self, numbers: &Int64Array) -> BooleanArray {
        let values = numbers.values();
        // Without a branch for each: hardly any has a bit.
        let of_64 = |values: &[i64]| {
            let bits = values.iter().enumerate().map(|(i, value)| self.perhaps(*value) << i);
            let perhaps = bits.fold(0, |all, bit| all | bit);
            let (mut rest, mut found) = (perhaps, perhaps);
            while rest != 0 {
                if !self.numbers.contains(&values[rest.trailing_zeros() as usize]) {
                    found &= !(rest & rest.wrapping_neg());
                }
                rest &= rest - 1;
            }
            found
        };
        let words: Vec<u64> = values.chunks(64).map(of_64).collect();
        let found = BooleanBuffer::new(words.into(), 0, values.len());
        BooleanArray::new(found, numbers.nulls().cloned())
    }
}

/// True if a column's number is one of these. Unlike a list it costs no time to plan, whatever their number; files are not left out
/// by it.
pub(crate) fn one_of(column: Expr, numbers: Numbers) -> Expr {
    let function = OneOf { numbers: Arc::new(numbers), signature: Signature::any(1, Volatility::Immutable) };
    ScalarUDF::from(function).call(vec![column])
}

/// True of what [`one_of`] makes.
pub(super) fn is_one_of(function: &ScalarFunction) -> bool {
    function.func.inner().downcast_ref::<OneOf>().is_some()
}

/// Equal only to itself.
#[derive(Debug)]
struct OneOf {
    numbers: Arc<Numbers>,
    signature: Signature,
}

impl PartialEq for OneOf {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.numbers, &other.numbers)
    }
}

impl Eq for OneOf {}

impl Hash for OneOf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.numbers).hash(state);
    }
}

impl ScalarUDFImpl for OneOf {
    fn name(&self) -> &str {
        "one_of"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let numbers = arrays[0].as_primitive_opt::<Int64Type>();
        let numbers = numbers.ok_or_else(|| exec_datafusion_err!("{} is no number", arrays[0].data_type()))?;
        Ok(ColumnarValue::Array(Arc::new(self.numbers.among(numbers))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_among_them_is_found_and_nothing_else() {
        for count in [0, 1, 7, 1000, 100_000] {
            let number = |i: i64| i.wrapping_mul(0x1234_5678_9abc_def1);
            let numbers: Numbers = (0..count).map(number).collect();
            let found = numbers.among(&(0..2 * count + 1000).map(number).collect());
            let (among, others) = (found.slice(0, count as usize), found.slice(count as usize, count as usize + 1000));
            assert_eq!((among.true_count(), others.true_count()), (count as usize, 0), "{count}");
        }
        let numbers: Numbers = [3, -3].into_iter().collect();
        let found = numbers.among(&Int64Array::from(vec![Some(3), None, Some(4), Some(-3)]));
        assert_eq!(found, BooleanArray::from(vec![Some(true), None, Some(false), Some(true)]));
    }
}
