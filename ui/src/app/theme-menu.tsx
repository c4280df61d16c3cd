import { Check, Monitor, Moon, Sun } from 'lucide-react'
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import { usePreference } from '../ui/preference.ts'
import { THEMES, type Theme, theme } from './theme.ts'

const ICONS = { system: Monitor, dark: Moon, light: Sun } as const satisfies Record<Theme, typeof Sun>
const WORDS: Record<Theme, string> = { system: 'As the system', dark: 'Dark', light: 'Light' }

export function ThemeMenu() {
  const chosen = usePreference(theme)
  const Icon = ICONS[chosen]
  return (
    <MenuTrigger>
      <Button className="button button--plain button--icon" aria-label={`Theme: ${WORDS[chosen]}`}>
        <Icon size={16} aria-hidden="true" />
      </Button>
      <Popover className="popover">
        <Menu
          className="options"
          aria-label="Theme"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[chosen]}
          onAction={key => theme.keep(THEMES.find(name => name === key) ?? 'system')}
        >
          {THEMES.map(name => (
            <MenuItem key={name} id={name} className="option" textValue={WORDS[name]}>
              <span className="option__tick">
                {name === chosen ? <Check size={14} aria-hidden="true" /> : null}
              </span>
              {WORDS[name]}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}
