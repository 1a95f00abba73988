// Program golang-jwt verifies with golang-jwt, with its key parsed. It knows of the issuer, and not
// of signers and clients.
package main

import (
	"bufio"
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/golang-jwt/jwt/v5"
)

const times = 4

func main() {
	folder := os.Args[1]
	key, err := jwt.ParseECPublicKeyFromPEM(read(folder, "key.pem"))
	must(err)
	var rule struct{ Issuer string }
	must(json.Unmarshal(read(folder, "rule.json"), &rule))
	tokens := strings.Split(string(read(folder, "tokens.txt")), "\n")
	parser := jwt.NewParser(
		jwt.WithPaddingAllowed(),
		jwt.WithValidMethods([]string{"ES256"}),
		jwt.WithIssuer(rule.Issuer),
		jwt.WithExpirationRequired(),
	)

	padding := ""
	if verify(parser, key, tokens[0]) != nil {
		padding = " ¹"
		for i, token := range tokens {
			tokens[i] = strings.TrimRight(token, "=")
		}
	}
	turn := func(times int) {
		for i := 0; i < times; i++ {
			for _, token := range tokens {
				must(verify(parser, key, token))
			}
		}
	}
	turn(20)
	version := "of this module"
	if info, ok := debug.ReadBuildInfo(); ok && len(info.Deps) > 0 {
		version = info.Deps[0].Version
	}
	fmt.Printf("%s, %s%s\n", version, runtime.Version(), padding)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		before := cpuTime()
		turn(times)
		fmt.Println((cpuTime() - before) / int64(times*len(tokens)))
	}
}

func verify(parser *jwt.Parser, key *ecdsa.PublicKey, token string) error {
	_, err := parser.ParseWithClaims(token, jwt.MapClaims{}, func(*jwt.Token) (any, error) { return key, nil })
	return err
}

// The process's, in nanoseconds.
func cpuTime() int64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func read(folder, name string) []byte {
	content, err := os.ReadFile(filepath.Join(folder, name))
	must(err)
	return content
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
