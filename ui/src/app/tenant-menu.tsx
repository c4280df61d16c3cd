// Whose data is shown. With one tenant there is nothing to choose, and it is only named.

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ChevronDown } from 'lucide-react'
import { Button, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components'
import { statusQuery } from '../api/queries.ts'
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
    <Select className="tenant" aria-label="Tenant" value={tenant} onChange={key => choose(String(key))}>
      <span className="muted">Tenant</span>
      <Button className="button">
        <SelectValue />
        <ChevronDown size={14} aria-hidden="true" />
      </Button>
      <Popover className="popover">
        <ListBox className="options">
          {tenants.map(name => (
            <ListBoxItem key={name} id={name} className="option" textValue={name}>
              {name}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  )
}
