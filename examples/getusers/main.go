// Command getusers prints the first users of the organisation behind a
// Switchboard at localhost:9090, or at the address in the first argument.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

func main() {
	address := append(os.Args[1:], "localhost:9090")[0]
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	page, err := usersv1.NewUsersServiceClient(conn).GetUsers(context.Background(), &usersv1.GetUsersRequest{PageSize: proto.Int32(3)})
	if err != nil {
		log.Fatal(err)
	}
	for _, u := range page.GetEntities() {
		fmt.Println(u.GetId(), u.GetName())
	}
}
