"""Makes the table of the rooms: `ci/moto` says where."""

import boto3

boto3.client("dynamodb").create_table(
    TableName="chat",
    KeySchema=[
        {"AttributeName": "room", "KeyType": "HASH"},
        {"AttributeName": "connection", "KeyType": "RANGE"},
    ],
    AttributeDefinitions=[
        {"AttributeName": "room", "AttributeType": "S"},
        {"AttributeName": "connection", "AttributeType": "S"},
    ],
    BillingMode="PAY_PER_REQUEST",
)
