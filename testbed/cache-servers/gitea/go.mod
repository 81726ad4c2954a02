module example.com/cache-servers/gitea

go 1.26

require github.com/nektos/act v0.0.0

require (
	github.com/julienschmidt/httprouter v1.3.0 // indirect
	github.com/sirupsen/logrus v1.9.3 // indirect
	github.com/timshannon/bolthold v0.0.0-20210913165410-232392fc8a6a // indirect
	go.etcd.io/bbolt v1.3.9 // indirect
	golang.org/x/sys v0.40.0 // indirect
)

// Gitea's fork keeps the module path of the original.
replace github.com/nektos/act => gitea.com/gitea/act v0.261.10
