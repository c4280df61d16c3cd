import { headersFor, lines } from '../headers.ts'
import { type Target, urlOf } from '../target.ts'
import type { Snippet, Way } from '../way.ts'

export function sdkWay(target: Target): Way {
  const environment = environmentOf(target)
  const notes = [
    `By gRPC: OTEL_EXPORTER_OTLP_PROTOCOL=grpc and OTEL_EXPORTER_OTLP_ENDPOINT=${urlOf(target.grpc)}.`,
    'Traces and metrics are taken. Logs are not yet, hence the one that says none.',
  ]
  return {
    variants: [
      { id: 'env', title: 'Any language', snippets: [environment], notes },
      { id: 'java', title: 'Java', snippets: [environment, JAVA], notes },
      { id: 'python', title: 'Python', snippets: [environment, PYTHON], notes },
      { id: 'node', title: 'Node', snippets: [environment, NODE], notes },
      { id: 'go', title: 'Go', snippets: [environment, GO_GET, GO], notes },
      { id: 'dotnet', title: '.NET', snippets: [environment, DOTNET], notes },
    ],
  }
}

/** What makes an SDK send spans and metrics here. */
export function environmentOf(target: Target): Snippet {
  // The specification has values percent-encoded. The shell fills the token in.
  const headers = headersFor(target, '$SPANLOOM_TOKEN').map(
    ({ name, value }) => `${name}=${value.replace(' ', '%20')}`,
  )
  const variables = [
    'OTEL_SERVICE_NAME=my-service',
    'OTEL_RESOURCE_ATTRIBUTES=service.namespace=my-namespace',
    `OTEL_EXPORTER_OTLP_ENDPOINT=${urlOf(target.http)}`,
    'OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
    ...(headers.length === 0 ? [] : [`OTEL_EXPORTER_OTLP_HEADERS="${headers.join(',')}"`]),
    'OTEL_TRACES_EXPORTER=otlp',
    'OTEL_METRICS_EXPORTER=otlp',
    'OTEL_LOGS_EXPORTER=none',
  ]
  return {
    words: 'In the environment of the program',
    text: lines(variables.map(variable => `export ${variable}`)),
  }
}

const JAVA: Snippet = {
  words: 'The Java agent instruments without a change of code',
  text: `curl -LO https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases/latest/download/opentelemetry-javaagent.jar
java -javaagent:./opentelemetry-javaagent.jar -jar app.jar`,
}

const PYTHON: Snippet = {
  words: 'Instrumented without a change of code',
  text: `pip install opentelemetry-distro opentelemetry-exporter-otlp
opentelemetry-bootstrap --action=install
opentelemetry-instrument python app.py`,
}

const NODE: Snippet = {
  words: 'Instrumented without a change of code',
  text: `npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node
node --require @opentelemetry/auto-instrumentations-node/register app.js`,
}

const GO_GET: Snippet = {
  words: 'In the module of the program',
  text: `go get go.opentelemetry.io/otel/sdk \\
  go.opentelemetry.io/contrib/exporters/autoexport \\
  go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp`,
}

const GO: Snippet = {
  words: 'main.go, with a server whose requests become spans',
  text: `package main

import (
	"context"
	"log"
	"net/http"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	ctx := context.Background()
	exporter, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		log.Fatal(err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	defer provider.Shutdown(ctx)
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})

	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("hello"))
	})
	log.Print(http.ListenAndServe("localhost:8080", otelhttp.NewHandler(hello, "GET /")))
}`,
}

const DOTNET: Snippet = {
  words: 'Instrumented without a change of code',
  text: `curl -sSfL https://github.com/open-telemetry/opentelemetry-dotnet-instrumentation/releases/latest/download/otel-dotnet-auto-install.sh -O
sh ./otel-dotnet-auto-install.sh
. $HOME/.otel-dotnet-auto/instrument.sh
dotnet run`,
}
