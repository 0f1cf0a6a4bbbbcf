package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/ioutil"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// checkBundle checks an evidence bundle: each entry by its proof, and each file by the manifest.
func checkBundle(path, logKey string, witnessKeys []string) (string, error) {
	files, err := unzip(path)
	if err != nil {
		return "", err
	}
	if err := checkManifest(files); err != nil {
		return "", err
	}
	tree, err := openCheckpoint(files["checkpoint"], logKey, witnessKeys)
	if err != nil {
		return "", err
	}
	entries := strings.SplitAfter(string(files["entries.jsonl"]), "\n")
	blocks := strings.SplitAfter(string(files["proofs.txt"]), "\n\n")
	if len(entries) != len(blocks) || entries[len(entries)-1] != "" || blocks[len(blocks)-1] != "" {
		return "", errors.New("there is not one proof for each entry")
	}
	last := int64(-1)
	for place, block := range blocks[:len(blocks)-1] {
		index, proof, err := parseProof(strings.Split(strings.TrimSuffix(block, "\n\n"), "\n"))
		if err != nil {
			return "", err
		}
		if index <= last {
			return "", errors.New("the entries are not in their order")
		}
		last = index
		hash := tlog.RecordHash([]byte(strings.TrimSuffix(entries[place], "\n")))
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, hash); err != nil {
			return "", fmt.Errorf("entry %d: %v", index, err)
		}
	}
	return fmt.Sprintf("bundle of %d entries of %d", len(blocks)-1, tree.N), nil
}

func unzip(path string) (map[string][]byte, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	files := map[string][]byte{}
	for _, member := range archive.File {
		reader, err := member.Open()
		if err != nil {
			return nil, err
		}
		content, err := ioutil.ReadAll(reader)
		if err != nil {
			return nil, err
		}
		if _, twice := files[member.Name]; twice {
			return nil, errors.New("a name stands twice in the archive")
		}
		files[member.Name] = content
	}
	return files, nil
}

// checkManifest holds every file but the manifest against its SHA-256 there.
func checkManifest(files map[string][]byte) error {
	var manifest struct {
		Files map[string]string `json:"files"`
	}
	decoder := json.NewDecoder(bytes.NewReader(files["manifest.json"]))
	if err := decoder.Decode(&manifest); err != nil {
		return err
	}
	if len(manifest.Files) != len(files)-1 {
		return errors.New("the manifest names other files than there are")
	}
	for name, digest := range manifest.Files {
		content, there := files[name]
		if !there || fmt.Sprintf("%x", sha256.Sum256(content)) != digest {
			return fmt.Errorf("%s is not the file in the manifest", name)
		}
	}
	return nil
}
