//! The closed sets of the ledger, each spelled here and nowhere else: in Rust, in tables, in JSON, on the screen.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A text that is no word of a closed set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{word:?} is no {set}")]
pub struct UnknownWord {
    pub set: &'static str,
    pub word: String,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $set:literal { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$word_doc])* $variant,)+
        }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word in tables and answers; part of the format.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                let known = Self::ALL.iter().find(|known| known.as_str() == word);
                known.copied().ok_or_else(|| UnknownWord { set: $set, word: word.chars().take(64).collect() })
            }
        }
    };
}

words!(
    /// Where a call was seen.
    Observer, "observer" {
        SourceApp = "source_app",
        SourceProxy = "source_proxy",
        Waypoint = "waypoint",
        ZtunnelSource = "ztunnel_source",
        ZtunnelTarget = "ztunnel_target",
        TargetProxy = "target_proxy",
        TargetApp = "target_app",
    }
);

words!(
    /// How a call was seen.
    Evidence, "evidence" {
        Span = "span",
        Metric = "metric",
        Log = "log",
    }
);

words!(
    /// What a call spoke.
    Protocol, "protocol" {
        Http = "http",
        Grpc = "grpc",
        Tcp = "tcp",
        Database = "database",
        Messaging = "messaging",
        /// Nothing in the request says, and no proxy saw it. The one set in which this is a word: an edge always has one.
        Unknown = "unknown",
    }
);

words!(
    /// How a call ended.
    Outcome, "outcome" {
        Ok = "ok",
        /// Nobody answered: no connection, a reset, a timeout.
        NoResponse = "no_response",
        /// HTTP 500 and above.
        Http5xx = "http_5xx",
        /// A gRPC code that puts the blame on the server: 2, 4, 12, 13, 14, 15.
        Grpc = "grpc",
        /// No code of any protocol, and the span's status is ERROR.
        StatusError = "status_error",
        /// HTTP 400 to 499: a class of its own, and no error.
        Http4xx = "http_4xx",
    }
);

impl Outcome {
    /// Whether it counts as an error of the edge.
    pub const fn is_error(self) -> bool {
        match self {
            Self::NoResponse | Self::Http5xx | Self::Grpc | Self::StatusError => true,
            Self::Ok | Self::Http4xx => false,
        }
    }
}

words!(
    /// Why a row is not an edge between two sides, though it counts.
    Reason, "reason" {
        /// A request that begins here: it has no source, and none is missing.
        Root = "root",
        /// A proxy that is no router sent a request that begins with it. If the service turns out to be a gateway, because
        /// nobody ever called it by name, its requests begin here; else its own app began this one.
        RootOutbound = "root_outbound",
        /// The target saw a request whose source is not stored.
        ParentMissing = "parent_missing",
        /// Nothing says whom the source called.
        NoTarget = "no_target",
    }
);

words!(
    /// What a side is when it is more or less than a service; a hint.
    SideKind, "kind of side" {
        Gateway = "gateway",
        Database = "database",
        Queue = "queue",
        External = "external",
    }
);

words!(
    /// A part of the way of a request, in the order in which it is gone.
    Segment, "segment" {
        SourceApp = "source_app",
        SourceProxy = "source_proxy",
        Network = "network",
        TargetProxy = "target_proxy",
        TargetApp = "target_app",
    }
);

words!(
    /// What a name in the directory of identities is.
    NameKind, "kind of name" {
        /// A raw `service.name`.
        Service = "service",
        /// A host, as `upstream_cluster` or a URL names it.
        Host = "host",
    }
);

words!(
    /// What told an identity, strongest first.
    Origin, "origin" {
        K8sNamespace = "k8s_namespace",
        IstioNamespace = "istio_namespace",
        NodeId = "node_id",
        ServiceNamespace = "service_namespace",
        UpstreamCluster = "upstream_cluster",
        /// The identity is that of the inbound proxy right above.
        InboundProxy = "inbound_proxy",
        /// The identity is that of the target of a paired attempt.
        Attempt = "attempt",
        /// Nothing but the name itself.
        Name = "name",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Copy + PartialEq + fmt::Debug + fmt::Display + FromStr<Err = UnknownWord>>(all: &[T], words: &[&str]) {
        assert_eq!(all.iter().map(ToString::to_string).collect::<Vec<_>>(), words);
        all.iter().for_each(|word| assert_eq!(word.to_string().parse::<T>(), Ok(*word)));
        assert!("Span ".parse::<T>().is_err());
    }

    /// The words are in tables that were written long ago.
    #[test]
    fn the_words_never_change() {
        let observers = [
            "source_app",
            "source_proxy",
            "waypoint",
            "ztunnel_source",
            "ztunnel_target",
            "target_proxy",
            "target_app",
        ];
        check(Observer::ALL, &observers);
        check(Evidence::ALL, &["span", "metric", "log"]);
        check(Protocol::ALL, &["http", "grpc", "tcp", "database", "messaging", "unknown"]);
        check(Outcome::ALL, &["ok", "no_response", "http_5xx", "grpc", "status_error", "http_4xx"]);
        check(Reason::ALL, &["root", "root_outbound", "parent_missing", "no_target"]);
        check(SideKind::ALL, &["gateway", "database", "queue", "external"]);
        check(Segment::ALL, &["source_app", "source_proxy", "network", "target_proxy", "target_app"]);
        check(NameKind::ALL, &["service", "host"]);
        let origins = [
            "k8s_namespace",
            "istio_namespace",
            "node_id",
            "service_namespace",
            "upstream_cluster",
            "inbound_proxy",
            "attempt",
            "name",
        ];
        check(Origin::ALL, &origins);
    }

    #[test]
    fn a_refusal_names_the_set_and_the_word() {
        let refused = "proxy".parse::<Observer>().unwrap_err();
        assert_eq!(refused.to_string(), "\"proxy\" is no observer");
    }
}
