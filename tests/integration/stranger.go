// A device in Go, as far as it checks what the service signed (docs/protocol.md, 3): the standard library alone.
//
//	stranger ANCHOR.pem < JWS: prints the payload, or says on standard error why it is not genuine.
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"strings"
)

var (
	usageID    = asn1.ObjectIdentifier{2, 5, 29, 37}
	nameID     = asn1.ObjectIdentifier{2, 5, 29, 17}
	answers    = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 37}
	answerName = "urn:latchkey:answers:v1"
)

func signsAnswers(certificate *x509.Certificate) error {
	if certificate.IsCA {
		return errors.New("the signer is a CA")
	}
	for _, extension := range certificate.Extensions {
		if extension.Id.Equal(usageID) && !extension.Critical {
			return errors.New("its extended key usage is not critical")
		}
		// Kinds of names that Go does not list count too: the DER holds exactly the one URI.
		if extension.Id.Equal(nameID) {
			only, _ := asn1.Marshal([]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(answerName)}})
			if !bytes.Equal(extension.Value, only) {
				return errors.New("it has another name")
			}
		}
	}
	unknown := certificate.UnknownExtKeyUsage
	if len(certificate.ExtKeyUsage) != 0 || len(unknown) != 1 || !unknown[0].Equal(answers) {
		return errors.New("it is for something else")
	}
	if len(certificate.URIs) != 1 || certificate.URIs[0].String() != answerName {
		return errors.New("it is not named for answers")
	}
	return nil
}

func signerOf(header []byte, anchor *x509.Certificate) (*x509.Certificate, error) {
	var jose struct {
		Alg string   `json:"alg"`
		X5c [][]byte `json:"x5c"` // encoding/json reads []byte from standard base64
	}
	if err := json.Unmarshal(header, &jose); err != nil {
		return nil, err
	}
	if jose.Alg != "ES256" || len(jose.X5c) != 1 {
		return nil, errors.New("the header is of another kind")
	}
	signer, err := x509.ParseCertificate(jose.X5c[0])
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(anchor)
	options := x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	if _, err := signer.Verify(options); err != nil {
		return nil, err
	}
	return signer, signsAnswers(signer)
}

func open(jws string, anchor *x509.Certificate) ([]byte, error) {
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		return nil, errors.New("no JWS")
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return nil, err
		}
	}
	signer, err := signerOf(decoded[0], anchor)
	if err != nil {
		return nil, err
	}
	key, ok := signer.PublicKey.(*ecdsa.PublicKey)
	digest, signature := sha256.Sum256([]byte(parts[0]+"."+parts[1])), decoded[2]
	if !ok || len(signature) != 64 || !ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(signature[:32]),
		new(big.Int).SetBytes(signature[32:])) {
		return nil, errors.New("the signature is wrong")
	}
	return decoded[1], nil
}

func run(anchorFile string) error {
	text, err := os.ReadFile(anchorFile)
	if err != nil {
		return err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return errors.New("no PEM")
	}
	anchor, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return err
	}
	jws, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	payload, err := open(string(jws), anchor)
	if err == nil {
		fmt.Printf("%s", payload)
	}
	return err
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
