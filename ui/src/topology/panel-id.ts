/** Id of the side panel's element. */
export const PANEL = 'topology-details'
