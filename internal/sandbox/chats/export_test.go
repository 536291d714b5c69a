package chats

const ChatPageSize = chatPageSize
