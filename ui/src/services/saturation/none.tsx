// Where nothing tells how full a service is: what would, and how that gets here.

import { Link } from '@tanstack/react-router'
import { paths } from '../../app/paths.ts'
import { PLOT_HEIGHT } from '../../charts/sizes.ts'
import { Mark } from '../../ui/mark.tsx'

/** By who tells them; `*` stands for several. */
const LOOKED_FOR: readonly [who: string, metrics: readonly string[]][] = [
  [
    'Envoy, Istio, Consul',
    [
      'envoy_cluster_circuit_breakers_*',
      'envoy_cluster_upstream_cx_*',
      'envoy_cluster_upstream_rq_*',
      'envoy_cluster_outlier_detection_*',
    ],
  ],
  ['Linkerd', ['outbound_http_balancer_*', 'tcp_open_connections']],
  ['Containers', ['container_cpu_*', 'container_memory_*', 'kube_pod_container_resource_limits']],
  ['Processes', ['process_*', 'go_*']],
]

export function NoSaturation() {
  return (
    <section className="chart" aria-labelledby="saturation">
      <div className="chart__head">
        <h3 id="saturation">Saturation</h3>
      </div>
      <div className="saturation__none" style={{ minHeight: PLOT_HEIGHT }}>
        <p>
          <Mark state="idle" /> No metrics tell how full it is in this time. Looked for are those of:
        </p>
        <dl className="saturation__wanted">
          {LOOKED_FOR.map(([who, metrics]) => (
            <div key={who}>
              <dt className="muted">{who}</dt>
              <dd>
                {metrics.map(metric => (
                  <code key={metric}>{metric}</code>
                ))}
              </dd>
            </div>
          ))}
        </dl>
        <p className="muted">
          They come by{' '}
          <Link to={paths.connect} search={{ to: 'remote-write' }}>
            remote write
          </Link>
          ,{' '}
          <Link to={paths.connect} search={{ to: 'otlp-metrics' }}>
            OTLP
          </Link>
          , or{' '}
          <Link to={paths.connect} search={{ to: 'envoy-metrics' }}>
            Envoy’s metrics service
          </Link>
          , or the server scrapes them. By which labels they are this service’s is in{' '}
          <code>docs/metrics.md</code>.
        </p>
      </div>
    </section>
  )
}
