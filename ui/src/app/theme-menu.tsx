import { Check, Monitor, Moon, Sun } from 'lucide-react'
import { Button, ListBox, ListBoxItem, Popover, Select } from 'react-aria-components'
import { usePreference } from '../ui/preference.ts'
import { THEMES, type Theme, theme } from './theme.ts'

const ICONS = { system: Monitor, dark: Moon, light: Sun } as const satisfies Record<Theme, typeof Sun>
const WORDS: Record<Theme, string> = { system: 'As the system', dark: 'Dark', light: 'Light' }

/** A choice of one, as the other choices at the top: a menu would be a second kind of list to load. */
export function ThemeMenu() {
  const chosen = usePreference(theme)
  const Icon = ICONS[chosen]
  return (
    <Select
      aria-label="Theme"
      value={chosen}
      onChange={key => theme.keep(THEMES.find(name => name === key) ?? 'system')}
    >
      <Button className="button button--plain button--icon" aria-label={`Theme: ${WORDS[chosen]}`}>
        <Icon size={16} aria-hidden="true" />
      </Button>
      <Popover className="popover">
        <ListBox className="options">
          {THEMES.map(name => (
            <ListBoxItem key={name} id={name} className="option" textValue={WORDS[name]}>
              <span className="option__tick">
                {name === chosen ? <Check size={14} aria-hidden="true" /> : null}
              </span>
              {WORDS[name]}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  )
}
