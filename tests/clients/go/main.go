// Gets a service's token, and signs a device in, by golang.org/x/oauth2.
//
// Arguments: issuer, the service's client_id and client_secret, the device's client_id. The address for the person goes
// out as a line "ALLOW address"; the last line is "DONE" and JSON.
//
// With "mtls" as the first argument, it gets a service's token with a certificate instead, and presents the token. Arguments
// after that: issuer, the service's client_id, and files: what it trusts, its certificate, its key.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

type metadata struct {
	Issuer                      string `json:"issuer"`
	TokenEndpoint               string `json:"token_endpoint"`
	DeviceAuthorizationEndpoint string `json:"device_authorization_endpoint"`
	UserinfoEndpoint            string `json:"userinfo_endpoint"`
	Aliases                     struct {
		TokenEndpoint    string `json:"token_endpoint"`
		UserinfoEndpoint string `json:"userinfo_endpoint"`
	} `json:"mtls_endpoint_aliases"`
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

// Gets a token with a certificate, and presents it with the certificate and without.
func showCertificate(issuer, service, trusted, certificate, key string) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(trusted)))
	pair := must(tls.LoadX509KeyPair(certificate, key))
	client := func(certificates ...tls.Certificate) *http.Client {
		config := &tls.Config{RootCAs: roots, Certificates: certificates}
		return &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: time.Minute}
	}
	with, without := client(pair), client()
	var server metadata
	get(without, issuer+"/.well-known/openid-configuration", &server)

	credentials := clientcredentials.Config{
		ClientID:  service,
		TokenURL:  server.Aliases.TokenEndpoint,
		Scopes:    []string{"grantor.clients.read"},
		AuthStyle: oauth2.AuthStyleInParams,
	}
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, with)
	token := must(credentials.Token(ctx))
	status := func(client *http.Client) int {
		base := strings.TrimSuffix(server.Aliases.UserinfoEndpoint, "/userinfo")
		request := must(http.NewRequest("GET", base+"/api/v1/clients", nil))
		token.SetAuthHeader(request)
		answer := must(client.Do(request))
		defer answer.Body.Close()
		return answer.StatusCode
	}
	done := map[string]any{"type": token.Type(), "with": status(with), "without": status(without)}
	fmt.Println("DONE", string(must(json.Marshal(done))))
}

func main() {
	if os.Args[1] == "mtls" {
		showCertificate(os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6])
		return
	}
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
