//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// An observability backend for service meshes: OpenTelemetry in, open Delta tables on disk, questions answered.
#[derive(Debug, Parser)]
#[command(name = "spanloom", version, propagate_version = true, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,
    #[command(subcommand)]
    pub command: Command,
}

/// Where the configuration and the data are.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// Configuration file in YAML; without one every key has its default
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Directory of the data, instead of the configuration's `data_dir`; `sql` opens it without a server
    #[arg(long, global = true, value_name = "DIRECTORY")]
    pub data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take in telemetry and answer questions until SIGTERM or SIGINT
    Serve(Serve),
    /// Check the configuration and name what is wrong, with line and column
    CheckConfig,
    /// Print the OpenAPI document of the HTTP API
    Openapi,
    /// Ask a running server, or with --data-dir the data of a stopped one
    Sql(Sql),
    /// Check a TraceQL query and lay it out, or show every stage of reading and planning it; asks nobody
    Traceql {
        /// Show tokens, tree and what is asked of the tables
        #[arg(long)]
        explain: bool,
        /// For example '{ status = error }'
        query: String,
    },
    /// Lay out a PromQL expression, or show what it is read as; asks nobody
    #[command(subcommand)]
    Promql(Promql),
    /// Read every byte of a stopped server's data and compare checksums; changes nothing
    Verify,
    /// Set damaged parts of a stopped server's data aside, so that it starts again
    Repair,
    /// Print the version
    Version,
}

#[derive(Debug, Subcommand)]
pub enum Promql {
    /// Print an expression on as many lines as it needs
    #[command(long_flag = "format")]
    Format {
        /// For example 'sum by (job) (rate(http_requests_total[5m]))'
        #[arg(allow_hyphen_values = true)]
        query: String,
    },
    /// Show the tokens of an expression, how it is printed, its tree with types and places, and its plan
    #[command(long_flag = "explain")]
    Explain {
        #[arg(allow_hyphen_values = true)]
        query: String,
    },
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Let a simulated mesh, an online shop with incidents, send its traces to this server; in ./data/demo with 2GiB of
    /// disk unless something else is configured
    #[arg(long)]
    pub demo: bool,
}

#[derive(Debug, Args)]
pub struct Sql {
    /// One read-only statement, for example 'select count(*) from spans'
    pub query: String,
    /// The server; by default the one that serves the configured data directory, else http://127.0.0.1:4300
    #[arg(long, conflicts_with = "data_dir")]
    pub url: Option<String>,
    /// Bearer token of the server
    #[arg(long, env = "SPANLOOM_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Whose data
    #[arg(long, default_value = "default")]
    pub tenant: String,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns for people
    Table,
    /// The server's answer as it is
    Json,
    /// RFC 4180, with a header line
    Csv,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn places_may_stand_behind_the_command() {
        let arguments =
            Arguments::try_parse_from(["spanloom", "sql", "select 1", "--data-dir", "/d", "--config", "c.yaml"])
                .unwrap();
        assert_eq!(arguments.place.data_dir, Some(PathBuf::from("/d")));
        assert_eq!(arguments.place.config, Some(PathBuf::from("c.yaml")));
        assert!(matches!(arguments.command, Command::Sql(Sql { format: Format::Table, .. })));
    }

    #[test]
    fn the_demo_is_asked_for() {
        let demo = |arguments: &[&str]| match Arguments::try_parse_from(arguments).unwrap().command {
            Command::Serve(Serve { demo }) => Some(demo),
            _ => None,
        };
        assert_eq!(demo(&["spanloom", "serve"]), Some(false));
        assert_eq!(demo(&["spanloom", "serve", "--demo"]), Some(true));
    }

    #[test]
    fn promql_is_laid_out_and_explained() {
        let asked = |argument: &str| match Arguments::try_parse_from(["spanloom", "promql", argument, "-x"]) {
            Ok(Arguments { command: Command::Promql(promql), .. }) => format!("{promql:?}"),
            other => format!("{other:?}"),
        };
        for argument in ["format", "--format"] {
            assert_eq!(asked(argument), "Format { query: \"-x\" }");
        }
        for argument in ["explain", "--explain"] {
            assert_eq!(asked(argument), "Explain { query: \"-x\" }");
        }
        assert!(Arguments::try_parse_from(["spanloom", "promql"]).is_err());
    }

    #[test]
    fn a_server_and_a_directory_cannot_both_be_asked() {
        let both = ["spanloom", "sql", "select 1", "--data-dir", "/d", "--url", "http://localhost:4300"];
        assert!(Arguments::try_parse_from(both).is_err());
    }
}
