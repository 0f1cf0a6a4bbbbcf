package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/ioutil"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// checkProof checks a tlog-proof (C2SP) whose extra data is the entry.
func checkProof(path, logKey string, witnessKeys []string) (string, error) {
	text, err := ioutil.ReadFile(path)
	if err != nil {
		return "", err
	}
	split := bytes.SplitN(text, []byte("\n\n"), 2)
	lines := strings.Split(string(split[0]), "\n")
	if len(split) != 2 || len(lines) < 3 || !strings.HasPrefix(lines[1], "extra ") {
		return "", errors.New("no tlog-proof that carries its entry")
	}
	entry, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return "", err
	}
	index, proof, err := parseProof(append(lines[:1:1], lines[2:]...))
	if err != nil {
		return "", err
	}
	tree, err := openCheckpoint(split[1], logKey, witnessKeys)
	if err != nil {
		return "", err
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return "", err
	}
	return fmt.Sprintf("entry %d of %d", index, tree.N), nil
}

// parseProof reads the lines of a tlog-proof without extra data, up to its empty line.
func parseProof(lines []string) (int64, tlog.RecordProof, error) {
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return 0, nil, errors.New("no tlog-proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return 0, nil, err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return 0, nil, err
		}
		proof = append(proof, hash)
	}
	return index, proof, nil
}

// request is one line on stdin: proofs of ours to check, over the tree of these entries.
type request struct {
	Entries     [][]byte    `json:"entries"`
	Index       int64       `json:"index"`
	Inclusion   []tlog.Hash `json:"inclusion"`
	Old         int64       `json:"old"`
	Consistency []tlog.Hash `json:"consistency"`
	Root        tlog.Hash   `json:"root"`
}

func answer() error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			return err
		}
		if err := asked.check(); err != nil {
			fmt.Println("refused:", err)
		} else {
			fmt.Println("good")
		}
	}
	return lines.Err()
}

// check holds our root and proofs against those that Go makes of the same entries, and checks them.
func (r request) check() error {
	stored := memory{}
	for at, entry := range r.Entries {
		more, err := tlog.StoredHashes(int64(at), entry, &stored)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
	}
	size := int64(len(r.Entries))
	root, err := tlog.TreeHash(size, &stored)
	if err != nil || root != r.Root {
		return errors.New("another root")
	}
	record, err := tlog.ProveRecord(size, r.Index, &stored)
	if err != nil || fmt.Sprint(record) != fmt.Sprint(tlog.RecordProof(r.Inclusion)) {
		return errors.New("another inclusion proof")
	}
	growth, err := tlog.ProveTree(size, r.Old, &stored)
	if err != nil || fmt.Sprint(growth) != fmt.Sprint(tlog.TreeProof(r.Consistency)) {
		return errors.New("another consistency proof")
	}
	if err := tlog.CheckRecord(r.Inclusion, size, root, r.Index, tlog.RecordHash(r.Entries[r.Index])); err != nil {
		return err
	}
	before, err := tlog.TreeHash(r.Old, &stored)
	if err != nil {
		return err
	}
	return tlog.CheckTree(r.Consistency, size, root, r.Old, before)
}
