"""Puts the shop's values into AWS's services: `ci/moto` says where those are."""

import boto3

boto3.client("ssm").put_parameter(Name="/shop/currency", Value="GBP", Type="String")
boto3.client("secretsmanager").create_secret(
    Name="shop/warehouse", SecretString='{"user": "shop", "password": "test"}'
)
prices = boto3.resource("dynamodb").create_table(
    TableName="prices",
    KeySchema=[{"AttributeName": "article", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "article", "AttributeType": "S"}],
    BillingMode="PAY_PER_REQUEST",
)
prices.put_item(Item={"article": "tea", "price": "2.90"})
