export { credentialsLine, Credentials, type CredentialsInput } from './access/credentials.js';
export { checkAccess, Dashboard, DEFAULT_PORT, type DashboardSettings } from './dashboard.js';
