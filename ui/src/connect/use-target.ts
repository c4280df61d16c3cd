// Where senders reach the server, as far as it tells, on the host that this browser was told or came from.

import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { statusQuery } from '../api/queries.ts'
import { readToken } from '../api/token.ts'
import { useTenant } from '../app/tenant.ts'
import { kept, useKept } from '../ui/kept.ts'
import { readHost, targetOf } from './target.ts'

const host = kept('connect-host')

/** Null returns to the host of the page. */
export function keepHost(text: string | null): void {
  host.keep(text)
}

export function useTarget() {
  const tenant = useTenant()
  const status = useQuery(statusQuery())
  const listeners = status.data?.listeners
  const chosen = readHost(useKept(host) ?? '')
  const target = useMemo(() => {
    const { hostname, protocol } = globalThis.location
    return targetOf({
      host: chosen ?? readHost(hostname) ?? 'localhost',
      listeners: listeners ?? [],
      tenant,
      hasToken: readToken() !== null,
      isSecure: protocol === 'https:',
    })
  }, [chosen, listeners, tenant])
  // Ports that may be others in a moment are not to be copied.
  return { target, listeners, isChosen: chosen !== null, isSettled: !status.isPending }
}
