import type { SchemaTraceItem } from '../api/schema.d.ts'
import { ServiceText } from '../ui/service-label.tsx'

/** What a trace is called: service and name of its root. */
export function RootName({ trace }: { trace: SchemaTraceItem }) {
  if (trace.root_service == null && trace.root_name == null) {
    return <em className="muted">the root span did not come</em>
  }
  return (
    <>
      <strong>
        <ServiceText service={trace.root_service ?? null} />
      </strong>{' '}
      {trace.root_name ?? ''}
    </>
  )
}
