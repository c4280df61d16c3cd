use super::super::Invalid;
use super::super::lexer::Kind;
use super::super::tree::{At, Field, Literal, Metrics, MetricsFunction};
use super::Parser;

impl Parser<'_> {
    /// The metrics function whose name and opening parenthesis were read; `None` if there is none of this name.
    pub(super) fn metrics(&mut self, at: At, name: &str) -> Result<Option<Metrics>, Invalid> {
        let function = match name {
            "rate" => MetricsFunction::Rate,
            "count_over_time" => MetricsFunction::CountOverTime,
            "min_over_time" => MetricsFunction::MinOverTime(self.boxed_field()?),
            "max_over_time" => MetricsFunction::MaxOverTime(self.boxed_field()?),
            "sum_over_time" => MetricsFunction::SumOverTime(self.boxed_field()?),
            "avg_over_time" => MetricsFunction::AvgOverTime(self.boxed_field()?),
            "histogram_over_time" => MetricsFunction::HistogramOverTime(self.boxed_field()?),
            "quantile_over_time" => {
                let field = self.boxed_field()?;
                MetricsFunction::QuantileOverTime(field, self.more_literals()?)
            }
            "compare" => {
                let selection = self.filter()?;
                MetricsFunction::Compare(selection, self.more_literals()?)
            }
            _ => return Ok(None),
        };
        self.expect(")")?;
        let is_grouped = matches!((self.peek(), self.peek_at(1)), (Kind::Word(by), Kind::Symbol("(")) if by == "by");
        let by = match is_grouped {
            true => {
                self.next += 2;
                self.fields()?
            }
            false => Vec::new(),
        };
        Ok(Some(Metrics { at, function, by }))
    }

    fn boxed_field(&mut self) -> Result<Box<Field>, Invalid> {
        self.field(0).map(Box::new)
    }

    /// Values that follow, each after a comma.
    fn more_literals(&mut self) -> Result<Vec<Literal>, Invalid> {
        let mut literals = Vec::new();
        while self.comma()? {
            let at = self.at();
            let value = self.literal()?.ok_or_else(|| self.unexpected("a value"))?;
            literals.push(Literal { at, value });
        }
        Ok(literals)
    }
}
