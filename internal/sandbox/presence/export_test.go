package presence

const MaxClients = maxClients
