// Oracle checks what Custody's log gives out, with the code behind Go's checksum database
// (golang.org/x/mod/sumdb) in place of Custody's own.
//
//	oracle log DIR                       a log as static tlog-tiles
//	oracle proof FILE LOGKEY [WITNESS..] a tlog-proof that carries its entry, cosigned by each witness
//	oracle bundle FILE LOGKEY [WITNESS..] an evidence bundle
//	oracle tree                          JSON lines on stdin, one verdict a line on stdout
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/ioutil"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

func main() {
	verdict, err := run(os.Args[1:])
	if err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
	fmt.Println(verdict)
}

func run(args []string) (string, error) {
	switch {
	case len(args) == 2 && args[0] == "log":
		return checkLog(args[1])
	case len(args) >= 3 && args[0] == "proof":
		return checkProof(args[1], args[2], args[3:])
	case len(args) >= 3 && args[0] == "bundle":
		return checkBundle(args[1], args[2], args[3:])
	case len(args) == 1 && args[0] == "tree":
		return "end of requests", answer()
	}
	return "", errors.New("usage: oracle log DIR | proof|bundle FILE LOGKEY [WITNESS..] | tree")
}

// folder reads tiles where tlog-tiles puts them.
type folder string

func (f folder) Height() int { return tileHeight }

func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		read, err := f.read(tile)
		if err != nil {
			return nil, err
		}
		data = append(data, read)
	}
	return data, nil
}

func (f folder) read(tile tlog.Tile) ([]byte, error) {
	path := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
	path = strings.Replace(path, "tile/8/", "tile/", 1)
	return ioutil.ReadFile(filepath.Join(string(f), path))
}

// checkLog reads every entry and every tile of a static log, and derives the tree again.
func checkLog(dir string) (string, error) {
	key, err := ioutil.ReadFile(filepath.Join(dir, "log.pub"))
	if err != nil {
		return "", err
	}
	signed, err := ioutil.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return "", err
	}
	tree, err := openCheckpoint(signed, strings.TrimSuffix(string(key), "\n"), nil)
	if err != nil {
		return "", err
	}
	hashes, err := leaves(folder(dir), tree)
	if err != nil {
		return "", err
	}
	for _, tile := range tlog.NewTiles(tileHeight, 0, tree.N) {
		if edge := tree.N>>(tileHeight*tile.L) - tile.N<<tileHeight; int64(tile.W) < edge && tile.W < 1<<tileHeight {
			continue // of a smaller tree
		}
		stored, err := folder(dir).read(tile)
		if err != nil {
			return "", err
		}
		derived, err := tlog.ReadTileData(tile, hashes)
		if err != nil || !bytes.Equal(stored, derived) {
			return "", fmt.Errorf("tile %v does not hold what its entries give", tile)
		}
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil || root != tree.Hash {
		return "", errors.New("the entries do not lead to the root that was signed")
	}
	return fmt.Sprintf("log of %d entries, root %v", tree.N, tree.Hash), nil
}

// leaves derives every stored hash from the entry bundles, and holds each leaf against the proven tiles.
func leaves(dir folder, tree tlog.Tree) (tlog.HashReader, error) {
	proven := tlog.TileHashReader(tree, dir)
	stored := memory{}
	for at := int64(0); at < tree.N; {
		tile := tlog.Tile{H: tileHeight, L: -1, N: at >> tileHeight, W: 1 << tileHeight}
		if tree.N-at < int64(tile.W) {
			tile.W = int(tree.N - at)
		}
		bundle, err := dir.read(tile)
		if err != nil {
			return nil, err
		}
		var want []int64
		for place := 0; place < tile.W; place++ {
			want = append(want, tlog.StoredHashIndex(0, at+int64(place)))
		}
		known, err := proven.ReadHashes(want)
		if err != nil {
			return nil, err
		}
		for place := 0; place < tile.W; place++ {
			entry, rest, err := cut(bundle)
			if err != nil {
				return nil, err
			}
			bundle = rest
			if tlog.RecordHash(entry) != known[place] {
				return nil, fmt.Errorf("entry %d is not the one in the tree", at)
			}
			more, err := tlog.StoredHashes(at, entry, &stored)
			if err != nil {
				return nil, err
			}
			stored = append(stored, more...)
			at++
		}
		if len(bundle) > 0 {
			return nil, errors.New("an entry bundle holds more than its entries")
		}
	}
	return &stored, nil
}

func cut(bundle []byte) (entry, rest []byte, err error) {
	if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
		return nil, nil, errors.New("an entry bundle is cut short")
	}
	end := 2 + int(binary.BigEndian.Uint16(bundle))
	return bundle[2:end], bundle[end:], nil
}

// memory holds the stored hashes of a tree by their index.
type memory []tlog.Hash

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		if index >= int64(len(*m)) {
			return nil, fmt.Errorf("hash %d is not known", index)
		}
		found = append(found, (*m)[index])
	}
	return found, nil
}
