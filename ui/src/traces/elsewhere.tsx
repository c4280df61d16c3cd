// The same question outside of this page: as a call of the API, for the command line, as a file.

import { Download, Terminal } from 'lucide-react'
import { type ApiCall, quoted, readableCurlOf } from '../api/curl.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { DialogButton } from '../ui/dialog-button.tsx'
import { download } from './download.ts'

export interface ExportFile {
  /** `CSV`. */
  format: string
  name: string
  type: string
  text: () => string
}

interface Props {
  call: ApiCall
  q: string | undefined
  /** What the files hold. */
  title: string
  files: readonly ExportFile[]
}

export function Elsewhere({ call, q, title, files }: Props) {
  return (
    <DialogButton
      button={
        <>
          <Terminal size={14} aria-hidden="true" />
          Export
        </>
      }
      placement="bottom end"
      title="The same elsewhere"
      dialogClassName="elsewhere"
    >
      {() => (
        <>
          <Command title="API call" what="the call" text={readableCurlOf(call)} />
          {q === undefined ? null : (
            <Command
              title="How it is read and planned"
              what="the command"
              text={`spanloom traceql --explain ${quoted(q)}`}
            />
          )}
          <h3>{title}</h3>
          <div className="elsewhere__files">
            {files.map(({ format, name, type, text }) => (
              <button
                key={format}
                type="button"
                className="button"
                onClick={() => download(name, type, text())}
              >
                <Download size={14} aria-hidden="true" />
                Download {format}
              </button>
            ))}
          </div>
        </>
      )}
    </DialogButton>
  )
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
