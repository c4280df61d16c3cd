// Whose data is shown. With one tenant there is nothing to choose, and it is only named.

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { statusQuery } from '../api/queries.ts'
import { Choice } from '../ui/choice.tsx'
import { useTenant } from './tenant.ts'

/** The tenant of a request that names none. */
const DEFAULT_TENANT = 'default'

export function TenantMenu() {
  const tenant = useTenant() ?? DEFAULT_TENANT
  const known = useQuery(statusQuery()).data?.tenants ?? []
  const tenants = known.includes(tenant) ? known : [tenant, ...known]
  const navigate = useNavigate()
  const choose = (name: string) =>
    navigate({
      to: '.',
      search: search => ({ ...search, tenant: name === DEFAULT_TENANT ? undefined : name }),
    })
  if (tenants.length === 1) {
    return (
      <span className="tenant" title="Tenant (X-Scope-OrgID)">
        <span className="muted">Tenant</span> {tenant}
      </span>
    )
  }
  return (
    <span className="tenant">
      <span className="muted">Tenant</span>
      <Choice
        label="Tenant"
        value={tenant}
        options={tenants.map(id => ({ id, words: id }))}
        onChoose={choose}
      />
    </span>
  )
}
