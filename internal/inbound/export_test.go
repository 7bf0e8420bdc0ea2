package inbound

// BareFingerprint and TokenOf are what rows of the version before hold.
func BareFingerprint(raw []byte) [32]byte { return fingerprint(raw) }
func TokenOf(fingerprint []byte) [16]byte { return token(fingerprint) }
