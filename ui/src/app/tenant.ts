import { useSearch } from '@tanstack/react-router'
import type { Tenant } from '../api/queries.ts'

/** The tenant of the page; undefined is the server's default. */
export function useTenant(): Tenant {
  return useSearch({ strict: false, select: search => search.tenant })
}
