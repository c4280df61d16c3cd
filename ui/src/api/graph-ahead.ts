// The question of the first page, asked before the page is there: the scripts that draw an answer take longer to load than
// the answer does.

import { milliseconds, SECOND } from '../ui/units.ts'
import { api } from './client.ts'
import { type GraphQuestion, graphParams } from './graph-question.ts'
import type { Tenant } from './queries.ts'
import type { SchemaGraph } from './schema.d.ts'
import type { Called } from './typed-fetch.ts'

interface Ahead {
  key: string
  askedAt: number
  called: Promise<Called<SchemaGraph>>
  /** The answer as soon as it is there. */
  graph: SchemaGraph | undefined
}

let ahead: Ahead | null = null
/** A page that comes later than this asks for something newer. */
const AGE_MAX = milliseconds(10 * SECOND)

const keyOf = (tenant: Tenant, question: GraphQuestion) => JSON.stringify([tenant ?? null, question])

/** Asks, and gives the graph if there is one; what else the answer is the page says, when it takes it. */
export async function askGraphAhead(
  tenant: Tenant,
  question: GraphQuestion,
): Promise<SchemaGraph | undefined> {
  const header = tenant === undefined ? {} : { 'X-Scope-OrgID': tenant }
  const called = api.GET('/api/v1/graph', { params: { query: graphParams(question), header } })
  const asked: Ahead = {
    key: keyOf(tenant, question),
    askedAt: performance.now(),
    called,
    graph: undefined,
  }
  ahead = asked
  const { data } = await called
  asked.graph = data
  return data
}

/** The answer to this very question, or the promise of one; null where it was not asked, or is taken. */
export function graphAhead(tenant: Tenant, question: GraphQuestion): Readonly<Ahead> | null {
  if (ahead === null || ahead.key !== keyOf(tenant, question)) return null
  return performance.now() - ahead.askedAt < AGE_MAX ? ahead : null
}

/** The same for who shows it: the next one asks for something newer. */
export function takeGraphAhead(tenant: Tenant, question: GraphQuestion): Readonly<Ahead> | null {
  const taken = graphAhead(tenant, question)
  if (taken !== null) ahead = null
  return taken
}
