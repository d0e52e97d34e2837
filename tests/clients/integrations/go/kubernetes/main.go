// Authenticates ID Tokens as the Kubernetes API server does, by its own code and its own configuration file.
//
// Arguments: the file for --authentication-config. Each line of standard input is a token; each gets a line, which is
// "YES" and the user as JSON, or "NO" and the reason.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	oidc "github.com/coreos/go-oidc"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	jwt "k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

// The algorithms that kube-apiserver accepts with --authentication-config.
var algorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512,
}

func main() {
	log.SetFlags(0)
	ctx := context.Background()
	ready, err := authenticators(ctx, os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		info, err := authenticate(ctx, ready, lines.Text())
		if err != nil {
			fmt.Println("NO", err)
			continue
		}
		said, err := json.Marshal(map[string]any{
			"name": info.GetName(), "groups": info.GetGroups(), "extra": info.GetExtra(),
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("YES", string(said))
	}
}

// Returns an authenticator for each issuer of the file, once it has read the issuer's keys.
func authenticators(ctx context.Context, file string) ([]jwt.AuthenticatorTokenWithHealthCheck, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	install.Install(scheme)
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder()
	config := &apiserver.AuthenticationConfiguration{}
	if err := runtime.DecodeInto(decoder, text, config); err != nil {
		return nil, err
	}
	compiler := authenticationcel.NewDefaultCompiler()
	if err := validation.ValidateAuthenticationConfiguration(compiler, config, nil).ToAggregate(); err != nil {
		return nil, err
	}
	var ready []jwt.AuthenticatorTokenWithHealthCheck
	for _, issuer := range config.JWT {
		one, err := jwt.New(ctx, jwt.Options{JWTAuthenticator: issuer, SupportedSigningAlgs: algorithms})
		if err != nil {
			return nil, err
		}
		// It reads the issuer's metadata in the background.
		until := time.Now().Add(30 * time.Second)
		for one.HealthCheck() != nil {
			if time.Now().After(until) {
				return nil, one.HealthCheck()
			}
			time.Sleep(20 * time.Millisecond)
		}
		ready = append(ready, one)
	}
	return ready, nil
}

func authenticate(
	ctx context.Context, ready []jwt.AuthenticatorTokenWithHealthCheck, token string,
) (user.Info, error) {
	for _, one := range ready {
		response, ok, err := one.AuthenticateToken(ctx, token)
		if err != nil {
			return nil, err
		}
		if ok {
			return response.User, nil
		}
	}
	return nil, fmt.Errorf("no issuer of the file made this token")
}

