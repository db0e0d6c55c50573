// Package tlog checks ledgers with an implementation that is not ours: the one behind Go's own checksum database.
//
// HEADGATE_INTEROP names a folder with `ledger` (of which `checkpoint`, `key.pub` and `tile/` are read), `proofs/<N>`
// (inclusion), `growth/*.json` (consistency), `witnessed` and `witness.pub`, and `signing-key`, under which a note is signed for the other side to open.
package tlog

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

func folder(t *testing.T) string {
	t.Helper()
	path := os.Getenv("HEADGATE_INTEROP")
	if path == "" {
		t.Skip("HEADGATE_INTEROP names no folder")
	}
	return path
}

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func verifiers(t *testing.T) note.Verifiers {
	t.Helper()
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read(t, folder(t), "ledger", "key.pub"))))
	if err != nil {
		t.Fatal(err)
	}
	return note.VerifierList(verifier)
}

// open returns the tree of a checkpoint whose signature holds.
func open(t *testing.T, signed []byte) tlog.Tree {
	t.Helper()
	opened, err := note.Open(signed, verifiers(t))
	if err != nil {
		t.Fatalf("the checkpoint's signature does not hold: %v", err)
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		t.Fatal(err)
	}
	return tlog.Tree{N: size, Hash: root}
}

// tiles reads a ledger's tiles: their paths are those of tlog without the height, which is always 8.
type tiles struct{ root string }

func (tiles) Height() int { return 8 }

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (r tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(wanted))
	for i, tile := range wanted {
		content, err := os.ReadFile(filepath.Join(r.root, strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		found[i] = content
	}
	return found, nil
}

// entries returns all entries of a ledger, from its bundles.
func entries(t *testing.T, root string, size int64) [][]byte {
	t.Helper()
	var found [][]byte
	for at := int64(0); at < size; at += width {
		tile := tlog.Tile{H: 8, L: 0, N: at / width, W: int(min(width, size-at))}
		bundle := read(t, root, strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1))
		for len(bundle) > 0 {
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			found = append(found, bundle[2:end])
			bundle = bundle[end:]
		}
	}
	return found
}

func TestEveryEntryIsInTheSignedTree(t *testing.T) {
	root := filepath.Join(folder(t), "ledger")
	tree := open(t, read(t, root, "checkpoint"))
	all := entries(t, root, tree.N)
	if int64(len(all)) != tree.N {
		t.Fatalf("%d entries under a checkpoint of %d", len(all), tree.N)
	}
	reader := tlog.TileHashReader(tree, tiles{root})
	indexes := make([]int64, tree.N)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, int64(i))
	}
	hashes, err := reader.ReadHashes(indexes)
	if err != nil {
		t.Fatalf("the tiles do not lead to the signed root: %v", err)
	}
	for i, entry := range all {
		if tlog.RecordHash(entry) != hashes[i] {
			t.Fatalf("entry %d does not hash to its tile", i)
		}
	}
}

func TestEveryInclusionProofHolds(t *testing.T) {
	root := filepath.Join(folder(t), "ledger")
	paths, _ := filepath.Glob(filepath.Join(folder(t), "proofs", "*"))
	if len(paths) == 0 {
		t.Fatal("there are no proofs")
	}
	all := entries(t, root, open(t, read(t, root, "checkpoint")).N)
	for _, path := range paths {
		head, signed, _ := bytes.Cut(read(t, path), []byte("\n\n"))
		lines := strings.Split(string(head), "\n")
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
		if lines[0] != "c2sp.org/tlog-proof@v1" || err != nil || filepath.Base(path) != strconv.FormatInt(index, 10) {
			t.Fatalf("%s: another form: %q", path, lines[:2])
		}
		tree := open(t, signed)
		proof := tlog.RecordProof(hashes(t, lines[2:]))
		leaf := tlog.RecordHash(all[index])
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf); err != nil {
			t.Errorf("entry %d: %v", index, err)
		}
		if tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash([]byte("another"))) == nil {
			t.Errorf("entry %d: the proof holds for another entry, too", index)
		}
	}
}

func TestEveryProofOfGrowthHolds(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join(folder(t), "growth", "*.json"))
	if len(paths) == 0 {
		t.Fatal("there are no proofs")
	}
	for _, path := range paths {
		var growth struct {
			Old, New string
			Hashes   []string
		}
		if err := json.Unmarshal(read(t, path), &growth); err != nil {
			t.Fatal(err)
		}
		before, now := open(t, []byte(growth.Old)), open(t, []byte(growth.New))
		proof := tlog.TreeProof(hashes(t, growth.Hashes))
		if err := tlog.CheckTree(proof, now.N, now.Hash, before.N, before.Hash); err != nil {
			t.Errorf("from %d to %d: %v", before.N, now.N, err)
		}
	}
}

// witness verifies cosignatures (c2sp.org/tlog-cosignature) as one more signer of a note.
type witness struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.id }

func (w witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return time == 1_700_000_000 && ed25519.Verify(w.key, []byte(message), signature[8:])
}

func TestAWitnessSignedTheCheckpoint(t *testing.T) {
	parts := strings.SplitN(strings.TrimSpace(string(read(t, folder(t), "witness.pub"))), "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || key[0] != 4 {
		t.Fatalf("%q is no key of a witness", parts[2])
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	known := witness{parts[0], binary.BigEndian.Uint32(sum[:4]), ed25519.PublicKey(key[1:])}
	if fmt.Sprintf("%08x", known.id) != parts[1] {
		t.Fatalf("key id %s, not %08x", parts[1], known.id)
	}
	if _, err := note.Open(read(t, folder(t), "witnessed"), note.VerifierList(known)); err != nil {
		t.Fatal(err)
	}
}

func hashes(t *testing.T, texts []string) []tlog.Hash {
	t.Helper()
	found := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		content, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(content) != len(found[i]) {
			t.Fatalf("%q is no hash", text)
		}
		copy(found[i][:], content)
	}
	return found
}

func TestANoteIsSignedForTheOtherSide(t *testing.T) {
	signer, err := note.NewSigner(strings.TrimSpace(string(read(t, folder(t), "signing-key"))))
	if err != nil {
		t.Fatal(err)
	}
	root := base64.StdEncoding.EncodeToString(make([]byte, tlog.HashSize))
	signed, err := note.Sign(&note.Note{Text: signer.Name() + "\n7\n" + root + "\n"}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder(t), "signed"), signed, 0o600); err != nil {
		t.Fatal(err)
	}
}
