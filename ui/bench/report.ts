// Prints what was measured beside the bars, as a table.

import { availableParallelism, loadavg } from 'node:os'
import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter'

interface Row {
  bar: string
  measured: string
  gate: string
  isMet: boolean
}

export default class Report implements Reporter {
  private readonly rows: Row[] = []
  private readonly failures: string[] = []

  onTestEnd(test: TestCase, result: TestResult): void {
    for (const { type, description } of test.annotations)
      if (type === 'bar') this.rows.push(JSON.parse(description ?? '{}'))
    if (result.status !== 'passed')
      this.failures.push(`${test.title}: ${result.error?.message ?? result.status}`)
  }

  onEnd(_result: FullResult): void {
    const head: Row = { bar: 'bar', measured: 'measured', gate: 'gate', isMet: true }
    const width = (column: 'bar' | 'measured' | 'gate') =>
      Math.max(...[head, ...this.rows].map(row => row[column].length))
    const line = ({ bar, measured, gate }: Row, mark: string) =>
      `${bar.padEnd(width('bar'))}  ${measured.padStart(width('measured'))}  ${gate.padStart(width('gate'))}  ${mark}`
    const [load = 0] = loadavg()
    // On a machine that does much else, times are that machine's.
    print(`load ${load.toFixed(1)} on ${availableParallelism()} cores`)
    print(line(head, ''))
    for (const row of this.rows) print(line(row, row.isMet ? '' : 'not met'))
    for (const failure of this.failures) print(`could not be measured: ${failure}`)
  }

  printsToStdio(): boolean {
    return true
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
