package storage

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite" // registers "sqlite"
)

// connector builds the driver's settings. Operators give an address only: a
// forgotten clientFoundRows would make an update that changes nothing look like
// a lost race, and a forgotten parseTime breaks every time.
func connector(address string, patient bool) (driver.Connector, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User == nil || len(strings.TrimPrefix(u.Path, "/")) == 0 {
		return nil, errors.New("storage: the address of the database is mysql://user:password@host:port/name")
	}
	c := mysql.NewConfig()
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.Net = "tcp"
	c.Addr = u.Host
	if u.Port() == "" {
		c.Addr = net.JoinHostPort(u.Hostname(), "3306")
	}
	c.DBName = strings.TrimPrefix(u.Path, "/")
	c.ParseTime = true
	c.Loc = time.UTC
	c.ClientFoundRows = true
	c.InterpolateParams = true // half the round trips
	c.RejectReadOnly = true
	c.Timeout, c.ReadTimeout, c.WriteTimeout = 3*time.Second, 10*time.Second, 10*time.Second
	if patient {
		c.ReadTimeout = 0
	}
	c.Collation = "utf8mb4_bin"
	if tls := u.Query().Get("tls"); tls != "" {
		c.TLSConfig = tls
	}
	c.Logger = &mysql.NopLogger{} // what matters comes back as an error and is logged once
	inner, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return readCommitted{inner}, nil
}

// readCommitted gives every connection the isolation that Open promises. A
// statement says it, because the servers disagree on the variable's name.
type readCommitted struct{ driver.Connector }

// Connect opens a connection whose transactions read what is committed.
func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}
