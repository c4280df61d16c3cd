//! Statements of identity: round trip, adding up.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

fn row() -> impl Strategy<Value = IdentityRow> {
    let text = || option::of("[a-z]{0,4}".prop_map(Arc::from));
    let words = (prop::sample::select(NameKind::ALL), prop::sample::select(Origin::ALL));
    let who = (text(), text(), text(), text());
    ("[a-z.]{0,8}", words, who, 0..9_i64, values()).prop_map(|(name, words, who, hour, values)| IdentityRow {
        key: IdentityKey {
            window_ns: hour * 3_600_000_000_000,
            name: name.into(),
            name_kind: words.0,
            origin: words.1,
            cluster: who.0,
            namespace: who.1,
            service: who.2,
            workload: who.3,
        },
        values,
    })
}

fn values() -> impl Strategy<Value = IdentityValues> {
    (0..100_i64, any::<i64>(), any::<i64>()).prop_map(|(observed, first_ns, last_ns)| IdentityValues {
        observed,
        first_ns,
        last_ns,
    })
}

proptest! {
    #[test]
    fn what_is_built_is_read(rows in vec(row(), 0..6)) {
        let mut builder = IdentitiesBuilder::default();
        rows.iter().for_each(|row| builder.append(&row.key, &row.values));
        prop_assert_eq!(read(&builder.finish()).unwrap(), rows);
    }

    #[test]
    fn parts_add_up_in_any_order(a in values(), b in values(), c in values()) {
        let merged = |mut a: IdentityValues, b: IdentityValues| { a.merge(&b); a };
        prop_assert_eq!(merged(merged(a, b), c), merged(a, merged(b, c)));
        prop_assert_eq!(merged(a, b), merged(b, a));
    }
}

#[test]
fn a_statement_made_twice_has_two_times() {
    let mut values = IdentityValues::at(5);
    values.merge(&IdentityValues::at(3));
    assert_eq!(values, IdentityValues { observed: 2, first_ns: 3, last_ns: 5 });
}
