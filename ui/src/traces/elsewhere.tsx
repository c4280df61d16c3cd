// The same question outside of this page: as a call of the API, for the command line, as a file.

import { Download, Terminal } from 'lucide-react'
import { Button, Dialog, DialogTrigger, Popover } from 'react-aria-components'
import { quoted, readableCurlOf } from '../api/curl.ts'
import type { Tenant, TracesQuestion } from '../api/queries.ts'
import type { SchemaTraceItem } from '../api/schema.d.ts'
import { apiRange } from '../api/time-range.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { formatCount } from '../ui/format.ts'
import { csvOf, download } from './download.ts'

interface Props {
  question: TracesQuestion
  q: string | undefined
  tenant: Tenant
  traces: readonly SchemaTraceItem[]
}

export function Elsewhere({ question, q, tenant, traces }: Props) {
  return (
    <DialogTrigger>
      <Button className="button">
        <Terminal size={14} aria-hidden="true" />
        Export
      </Button>
      <Popover className="popover" placement="bottom end">
        <Dialog className="elsewhere" aria-label="The same elsewhere">
          <Command title="API call" what="the call" text={callOf(question, q, tenant)} />
          {q === undefined ? null : (
            <Command
              title="How it is read and planned"
              what="the command"
              text={`spanloom traceql ${quoted(q)}`}
            />
          )}
          <h3>The {formatCount(traces.length)} traces shown</h3>
          <div className="elsewhere__files">
            <button
              type="button"
              className="button"
              onClick={() => download('traces.csv', 'text/csv', csvOf(traces))}
            >
              <Download size={14} aria-hidden="true" />
              Download CSV
            </button>
            <button
              type="button"
              className="button"
              onClick={() =>
                download('traces.json', 'application/json', `${JSON.stringify({ traces }, null, 2)}\n`)
              }
            >
              <Download size={14} aria-hidden="true" />
              Download JSON
            </button>
          </div>
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}

function callOf({ range, service, limit }: TracesQuestion, q: string | undefined, tenant: Tenant): string {
  return readableCurlOf({ path: '/api/v1/traces', params: { q, ...apiRange(range), service, limit }, tenant })
}

function Command({ title, what, text }: { title: string; what: string; text: string }) {
  return (
    <>
      <h3>{title}</h3>
      <div className="elsewhere__command">
        <pre tabIndex={0}>{text}</pre>
        <CopyButton what={what} text={text} />
      </div>
    </>
  )
}
