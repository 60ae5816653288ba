"""An OpenID Connect issuer for the laptop: anybody may be anybody, on loopback only.

It speaks what a Cognito user pool speaks (authorization code with PKCE, refresh, groups in
`cognito:groups`), so that the API's authorizer, the console and `intent login` meet the same
protocol on a laptop as on AWS.
"""
