// Gets a service's token, and signs a device in, by golang.org/x/oauth2.
//
// Arguments: issuer, the service's client_id and client_secret, the device's client_id. The address for the person goes
// out as a line "ALLOW address"; the last line is "DONE" and JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

type metadata struct {
	Issuer                      string `json:"issuer"`
	TokenEndpoint               string `json:"token_endpoint"`
	DeviceAuthorizationEndpoint string `json:"device_authorization_endpoint"`
	UserinfoEndpoint            string `json:"userinfo_endpoint"`
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func get(client *http.Client, address string, into any) {
	answer := must(client.Get(address))
	defer answer.Body.Close()
	body := must(io.ReadAll(answer.Body))
	if answer.StatusCode != http.StatusOK {
		log.Fatalf("%s: %s %s", address, answer.Status, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		log.Fatal(err)
	}
}

func main() {
	issuer, service, secret, device := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var server metadata
	get(http.DefaultClient, issuer+"/.well-known/openid-configuration", &server)
	if server.Issuer != issuer {
		log.Fatalf("the issuer is %s", server.Issuer)
	}

	credentials := clientcredentials.Config{
		ClientID:     service,
		ClientSecret: secret,
		TokenURL:     server.TokenEndpoint,
		Scopes:       []string{"read"},
	}
	own := must(credentials.Token(ctx))

	config := oauth2.Config{
		ClientID: device,
		Scopes:   []string{"openid", "profile", "offline_access"},
		Endpoint: oauth2.Endpoint{
			DeviceAuthURL: server.DeviceAuthorizationEndpoint,
			TokenURL:      server.TokenEndpoint,
		},
	}
	begun := must(config.DeviceAuth(ctx))
	fmt.Println("ALLOW", begun.VerificationURIComplete)
	token := must(config.DeviceAccessToken(ctx, begun))
	var person map[string]any
	get(config.Client(ctx, token), server.UserinfoEndpoint, &person)

	// The library refreshes what has expired.
	old := *token
	old.Expiry = time.Now().Add(-time.Minute)
	refreshed := must(config.TokenSource(ctx, &old).Token())

	done := map[string]any{
		"service_scope": own.Extra("scope"),
		"userinfo":      person,
		"id_token":      token.Extra("id_token") != nil,
		"refreshed":     refreshed.AccessToken != token.AccessToken && refreshed.RefreshToken != token.RefreshToken,
	}
	fmt.Println("DONE", string(must(json.Marshal(done))))
}
