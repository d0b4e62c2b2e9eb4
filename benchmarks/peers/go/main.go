// The game API on Go's net/http: maps behind one mutex. Usage: go_server PORT
package main

import (
	"crypto/rand"
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	keyLifetime = 10 * time.Minute
	listLength  = 15
	maxBody     = 1024
)

type session struct {
	user    uint32
	expires time.Time
}

type standing struct{ user, score uint32 }

// level holds the best score of each user, and the best of those in order.
// A best score only rises, so a user outside top can enter it only by a new best.
type level struct {
	best map[uint32]uint32
	top  []standing
	csv  string
}

type game struct {
	mu       sync.Mutex
	sessions map[string]session
	oldest   []string // the session keys in the order in which they expire
	levels   map[uint32]*level
}

func (g *game) login(user uint32) string {
	var random [16]byte
	rand.Read(random[:])
	key := base64.RawURLEncoding.EncodeToString(random[:])
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.oldest) > 0 && g.sessions[g.oldest[0]].expires.Before(now) {
		delete(g.sessions, g.oldest[0])
		g.oldest = g.oldest[1:]
	}
	g.sessions[key] = session{user, now.Add(keyLifetime)}
	g.oldest = append(g.oldest, key)
	return key
}

func (g *game) submit(key string, levelID, score uint32) bool {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	s, known := g.sessions[key]
	if !known || s.expires.Before(now) {
		return false
	}
	l := g.levels[levelID]
	if l == nil {
		l = &level{best: make(map[uint32]uint32)}
		g.levels[levelID] = l
	}
	if best, played := l.best[s.user]; !played || score > best {
		l.best[s.user] = score
		l.place(standing{s.user, score})
	}
	return true
}

// place puts a user's new best where it belongs among the top; of two equal scores the earlier stands first.
func (l *level) place(s standing) {
	if len(l.top) == listLength && s.score <= l.top[listLength-1].score {
		return
	}
	l.top = slices.DeleteFunc(l.top, func(t standing) bool { return t.user == s.user })
	at := slices.IndexFunc(l.top, func(t standing) bool { return t.score < s.score })
	if at < 0 {
		at = len(l.top)
	}
	l.top = slices.Insert(l.top, at, s)
	if len(l.top) > listLength {
		l.top = l.top[:listLength]
	}
	l.csv = ""
}

func (g *game) highScoreList(levelID uint32) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.levels[levelID]
	if l == nil {
		return ""
	}
	if l.csv == "" {
		parts := make([]string, len(l.top))
		for i, s := range l.top {
			parts[i] = strconv.FormatUint(uint64(s.user), 10) + "=" + strconv.FormatUint(uint64(s.score), 10)
		}
		l.csv = strings.Join(parts, ",")
	}
	return l.csv
}

func number(text string) (uint32, bool) {
	n, err := strconv.ParseUint(text, 10, 31)
	return uint32(n), err == nil
}

func (g *game) serveLogin(w http.ResponseWriter, r *http.Request) {
	user, ok := number(r.PathValue("user"))
	if !ok {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, g.login(user))
}

func (g *game) serveScore(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	levelID, levelOK := number(r.PathValue("level"))
	score, scoreOK := number(string(body))
	if err != nil || !levelOK || !scoreOK {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	if !g.submit(r.URL.Query().Get("sessionkey"), levelID, score) {
		http.Error(w, "", http.StatusUnauthorized)
	}
}

func (g *game) serveList(w http.ResponseWriter, r *http.Request) {
	levelID, ok := number(r.PathValue("level"))
	if !ok {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/csv")
	io.WriteString(w, g.highScoreList(levelID))
}

func main() {
	g := &game{sessions: make(map[string]session), levels: make(map[uint32]*level)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{user}/login", g.serveLogin)
	mux.HandleFunc("POST /{level}/score", g.serveScore)
	mux.HandleFunc("GET /{level}/highscorelist", g.serveList)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], mux))
}
